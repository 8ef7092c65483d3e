import { onTestFinished } from "vitest";
import { waitFor } from "../test/harness/wait-for.ts";
import { type ServerMessage, serverMessageSchema } from "./room/room-messages.ts";
import { eventId } from "./test-data.ts";
import { type TestGateway } from "./test-gateway.ts";

export type TestSocket = {
  /** All that came, in order, each held against the schema of messages. */
  readonly messages: ServerMessage[];
  readonly closed: () => { readonly code: number; readonly reason: string } | undefined;
  readonly protocol: () => string;
  say(text: string | Uint8Array): void;
  close(): void;
  /** Waits for the first message that has all of this. */
  heard(part: Partial<Record<string, unknown>>): Promise<ServerMessage>;
};

/** Opens the room as a browser does, the token beside the subprotocol; resolves when the first message came. */
export async function openRoom(
  gateway: Pick<TestGateway, "port">,
  token: string,
  event = eventId,
  more: readonly string[] = [],
): Promise<TestSocket> {
  const url = `ws://127.0.0.1:${gateway.port}/v1/events/${event}/room`;
  const socket = new WebSocket(url, ["onsale.v1", `bearer.${token}`, ...more]);
  const messages: ServerMessage[] = [];
  let closed: { code: number; reason: string } | undefined;
  socket.onmessage = ({ data }) => messages.push(serverMessageSchema.parse(JSON.parse(String(data))));
  socket.onclose = ({ code, reason }) => {
    closed = { code, reason };
  };
  onTestFinished(() => socket.close());
  await waitFor(() => messages.length > 0 || closed !== undefined, { what: "the room's first message" });
  return {
    messages,
    closed: () => closed,
    protocol: () => socket.protocol,
    say: (text) => socket.send(text),
    close: () => socket.close(),
    heard: (part) =>
      waitFor(() => messages.find((message) => hasAll(message, part)), {
        what: JSON.stringify(part),
        withinMs: 5_000,
      }),
  };
}

function hasAll(message: ServerMessage, part: Partial<Record<string, unknown>>): boolean {
  return Object.entries(part).every(([name, value]) => (message as Record<string, unknown>)[name] === value);
}

/** The bytes of an upgrade, for what a WebSocket client would never send or not show. */
export function upgradeText(path: string, headers: readonly string[]): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: onsale.example",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
