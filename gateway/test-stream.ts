import { onTestFinished } from "vitest";
import { waitFor } from "../test/harness/wait-for.ts";
import { type ServerMessage, serverMessageSchema } from "./room/room-messages.ts";
import { eventId } from "./test-data.ts";
import type { TestGateway } from "./test-gateway.ts";

/** The room as a stream: reads events as they come; each is held against the schema of messages. */
export async function openStream(gateway: TestGateway, token: string) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const answer = await fetch(`${gateway.url}/v1/events/${eventId}/room/stream`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  const messages: ServerMessage[] = [];
  let ended = false;
  const read = async () => {
    let text = "";
    for await (const bytes of answer.body ?? []) {
      text += Buffer.from(bytes).toString("utf8");
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events)
        if (event.startsWith("data: ")) messages.push(serverMessageSchema.parse(JSON.parse(event.slice(6))));
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  const heard = (type: string) =>
    waitFor(() => messages.find((message) => message.type === type), { what: type, withinMs: 5_000 });
  return { answer, messages, heard, ended: () => ended, close: () => stop.abort() };
}
