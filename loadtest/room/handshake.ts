import { createHash } from "node:crypto";

/** What one socket asks for. */
export type Handshake = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the place that it brings, where it has one. */
  readonly number?: number;
};

/** The same for all: the crowd does not protect anybody from a proxy's cache. */
const key = Buffer.from("onsale's bench..").toString("base64");
const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
const endOfHead = "\r\n\r\n";

export function requestOf({ path, headers }: Handshake, port: number): string {
  const all = {
    Host: `127.0.0.1:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** `partial` until the head is whole. */
type Answered =
  | { readonly outcome: "open"; readonly framesAt: number }
  | { readonly outcome: "partial" }
  | { readonly outcome: "refused"; readonly answer: string };

export function readAnswer(bytes: Buffer): Answered {
  const head = bytes.toString("latin1");
  const headLength = head.indexOf(endOfHead);
  if (headLength === -1) return { outcome: "partial" };
  if (head.startsWith("HTTP/1.1 101") && head.slice(0, headLength).includes(accept))
    return { outcome: "open", framesAt: headLength + endOfHead.length };
  return { outcome: "refused", answer: head.slice(0, head.indexOf("\r\n")) };
}
