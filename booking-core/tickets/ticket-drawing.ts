import { Worker } from "node:worker_threads";
import { limits } from "../../foundation/limits.ts";
import type { TicketFacts } from "./ticket-facts.ts";

export type DrawRequest = { readonly facts: TicketFacts } | { readonly codes: readonly string[] };
export type Drawn =
  | { readonly pdf: Uint8Array }
  | { readonly svgs: readonly string[] }
  | { readonly failure: string };

/**
 * Draws one after the other in a thread of its own, so that nothing else waits for it: a PDF takes about 55 ms of
 * CPU and 6 ms more for each ticket, a QR code 2 ms. Past its bound it is "busy" at once.
 */
export type TicketDrawing = {
  pdf(facts: TicketFacts): Promise<Buffer | "busy">;
  /** A picture of each code. */
  svgs(codes: readonly string[]): Promise<readonly string[] | "busy">;
  stop(): Promise<void>;
};

type Waiting = { readonly resolve: (drawn: Drawn) => void; readonly reject: (error: Error) => void };

export function createTicketDrawing(mostWaiting: number = limits.tickets.drawingsWaiting): TicketDrawing {
  // In the order in which they were asked for, which is that of the thread's answers.
  const waiting: Waiting[] = [];
  let worker: Worker | undefined;
  let stopped = false;
  const start = () => {
    const started = new Worker(new URL("./draw-tickets.ts", import.meta.url));
    started.unref();
    started.on("message", (drawn: Drawn) => waiting.shift()?.resolve(drawn));
    // Whoever comes next has a new thread.
    started.on("error", () => undefined);
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      for (const { reject } of waiting.splice(0))
        reject(new Error("the thread that draws tickets has ended"));
    });
    return started;
  };
  const draw = async (request: DrawRequest): Promise<Drawn | "busy"> => {
    if (stopped || waiting.length >= mostWaiting) return "busy";
    worker ??= start();
    const { promise, resolve, reject } = Promise.withResolvers<Drawn>();
    waiting.push({ resolve, reject });
    worker.postMessage(request);
    return promise;
  };
  return {
    async pdf(facts) {
      const drawn = await draw({ facts });
      if (drawn === "busy") return drawn;
      if ("pdf" in drawn) return Buffer.from(drawn.pdf);
      throw unexpected(drawn);
    },
    async svgs(codes) {
      if (codes.length === 0) return [];
      const drawn = await draw({ codes });
      if (drawn === "busy") return drawn;
      if ("svgs" in drawn) return drawn.svgs;
      throw unexpected(drawn);
    },
    async stop() {
      stopped = true;
      await worker?.terminate();
    },
  };
}

function unexpected(drawn: Drawn): Error {
  return new Error("failure" in drawn ? `tickets could not be drawn: ${drawn.failure}` : "another answer");
}
