import { connect } from "node:net";

export type HttpAnswer = { readonly status: number; readonly body: string };

/** One connection that is kept, one request at a time: what costs a generator least. */
export type HttpConnection = {
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<HttpAnswer>;
  close(): void;
};

type Waiting = { resolve(answer: HttpAnswer): void; reject(failure: Error): void };

const answerWithinMs = 30_000;

export async function openHttp(port: number): Promise<HttpConnection> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  let waiting: Waiting | undefined;
  let received = "";
  const fail = (failure: Error) => {
    waiting?.reject(failure);
    waiting = undefined;
  };
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("error", reject);
  });
  socket.setEncoding("latin1");
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error("a request was not answered")));
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed a connection")));
  socket.on("data", (text: string) => {
    received += text;
    const answer = answerIn(received);
    if (answer === undefined) return;
    received = "";
    const answered = waiting;
    waiting = undefined;
    answered?.resolve(answer);
  });
  return {
    post: (path, headers, body) => {
      if (waiting !== undefined) throw new Error("a connection has one request at a time");
      socket.write(requestText(path, headers, body), "latin1");
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
    close: () => {
      socket.destroy();
    },
  };
}

function requestText(path: string, headers: Readonly<Record<string, string>>, body: string): string {
  let text = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  return `${text}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Once it is there as a whole. */
function answerIn(text: string): HttpAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))?.[1];
  if (length === undefined) throw new Error("an answer without a length");
  const body = text.slice(end + 4);
  return body.length < Number(length) ? undefined : { status: Number(text.slice(9, 12)), body };
}
