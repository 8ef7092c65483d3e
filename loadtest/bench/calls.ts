import type { ChildProcess } from "node:child_process";

/** Calls to a child process over its channel, each with an answer; several modules of a child may answer. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

export type Caller<Known extends Handlers> = <Name extends keyof Known & string>(
  name: Name,
  argument: Parameters<Known[Name]>[0],
) => Promise<Awaited<ReturnType<Known[Name]>>>;

type Call = { readonly call: number; readonly name: string; readonly argument: unknown };
type Answer = { readonly answerTo: number; readonly value?: unknown; readonly problem?: string };
type Waiting = { resolve(value: unknown): void; reject(failure: Error): void };

/** In the child: answers the calls of these names, and ends the process when its parent is gone. */
export function answerCalls(handlers: Handlers): void {
  process.on("disconnect", () => process.exit());
  process.on("message", ({ call, name, argument }: Partial<Call>) => {
    const handler = handlers[name ?? ""];
    if (call === undefined || handler === undefined) return;
    void answer(handler, argument).then((result) => process.send?.({ answerTo: call, ...result }));
  });
}

async function answer(handler: Handlers[string], argument: unknown): Promise<Omit<Answer, "answerTo">> {
  try {
    return { value: await handler(argument as never) };
  } catch (failure) {
    return { problem: failure instanceof Error ? failure.message : String(failure) };
  }
}

/** In the parent; one for each child. Calls under way fail when the child ends. */
export function callerOf<Known extends Handlers>(child: ChildProcess): Caller<Known> {
  const waiting = new Map<number, Waiting>();
  let ended: Error | undefined;
  let calls = 0;
  child.on("message", ({ answerTo, value, problem }: Partial<Answer>) => {
    const call = waiting.get(answerTo ?? -1);
    if (call === undefined || answerTo === undefined) return;
    waiting.delete(answerTo);
    if (problem === undefined) call.resolve(value);
    else call.reject(new Error(problem));
  });
  child.once("exit", (code, signal) => {
    ended = new Error(`the process ${child.spawnargs.at(-1)} ended (${code ?? signal})`);
    for (const call of waiting.values()) call.reject(ended);
  });
  const send = (name: string, argument: unknown) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    calls += 1;
    if (ended !== undefined) return Promise.reject(ended);
    waiting.set(calls, { resolve, reject });
    child.send({ call: calls, name, argument } satisfies Call);
    return promise;
  };
  return send as Caller<Known>;
}
