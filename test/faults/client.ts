import { request } from "node:http";
import type { AnswerBody, Answered } from "./answers.ts";
import type { Records } from "./records.ts";

export type Asked = {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly pass?: string | undefined;
  readonly key?: string | undefined;
  readonly body?: unknown;
  /** The client goes away after so many milliseconds, whatever has come by then. */
  readonly cutAfterMs?: number;
};

/** Every request ends in an answer, or the connection does; a gateway that is silent for longer has lost one. */
const answerMs = 25_000;

/** Nothing where the connection was cut. Each answer is counted under the name of what was asked. */
export async function ask(
  records: Records,
  name: string,
  url: string,
  asked: Asked = {},
): Promise<Answered | undefined> {
  const wantsCut = asked.cutAfterMs !== undefined;
  const signal = AbortSignal.timeout(asked.cutAfterMs ?? answerMs);
  try {
    const response = await fetch(url, { ...initOf(asked), signal });
    const text = await response.text();
    const body = (text === "" ? {} : JSON.parse(text)) as AnswerBody;
    const answered = { status: response.status, code: body.code ?? "", body };
    records.count(name, answered, response.headers.get("content-type") ?? "");
    return answered;
  } catch {
    if (signal.aborted && !wantsCut) records.fail(`${name}: no answer within ${answerMs} ms from ${url}`);
    else records.countCut(name, wantsCut);
    return undefined;
  }
}

function initOf(asked: Asked): RequestInit {
  const { method, body } = asked;
  return {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: headersOf(asked),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

function headersOf({ token, pass, key, body }: Asked): Record<string, string> {
  return {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(pass === undefined ? {} : { "onsale-pass": pass }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
}

/** Sends the headers and half of the body, and is gone. */
export function sendHalf(url: string, asked: Asked): Promise<void> {
  const text = JSON.stringify(asked.body);
  return new Promise((resolve) => {
    const headers = { ...headersOf(asked), "content-length": Buffer.byteLength(text) };
    const half = request(url, { method: "POST", headers, agent: false });
    half.on("error", () => undefined).on("close", () => resolve());
    half.write(text.slice(0, text.length / 2), () => half.destroy());
  });
}
