import { onTestFinished } from "vitest";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { applyChanges, seatsOfSnapshot } from "../map-page/follow-seats.mjs";
import { type TestGateway } from "../test-gateway.ts";
import { eventSeatsSchema } from "../wire/seats.ts";
import { type LiveMessage, liveMessageSchema } from "./live-messages.ts";

type At = Pick<TestGateway, "port">;

export type LiveClient = {
  readonly messages: LiveMessage[];
  readonly closed: () => { readonly code: number; readonly reason: string } | undefined;
  say(text: string): void;
  close(): void;
  heard<Type extends LiveMessage["type"]>(type: Type): Promise<Extract<LiveMessage, { type: Type }>>;
};

const pathOf = (eventId: EventId, chosen: readonly SectionId[]) =>
  `/v1/events/${eventId}/seats/live${chosen.length === 0 ? "" : `?sections=${chosen.join()}`}`;

export async function openLive(
  { port }: At,
  eventId: EventId,
  chosen: readonly SectionId[] = [],
): Promise<LiveClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${pathOf(eventId, chosen)}`);
  const messages: LiveMessage[] = [];
  let closed: { code: number; reason: string } | undefined;
  socket.onmessage = ({ data }) => messages.push(liveMessageSchema.parse(JSON.parse(String(data))));
  socket.onclose = ({ code, reason }) => {
    closed = { code, reason };
  };
  onTestFinished(() => socket.close());
  await waitFor(() => messages.length > 0 || closed, { what: "the first message" });
  return {
    messages,
    closed: () => closed,
    say: (text) => socket.send(text),
    close: () => socket.close(),
    heard: (type) => firstOf(messages, type),
  };
}

export async function openLiveStream({ port }: At, eventId: EventId, chosen: readonly SectionId[] = []) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const answer = await fetch(`http://127.0.0.1:${port}${pathOf(eventId, chosen)}`, { signal: stop.signal });
  const messages: LiveMessage[] = [];
  let ended = false;
  const read = async () => {
    let text = "";
    for await (const bytes of answer.body ?? []) {
      const events = (text + Buffer.from(bytes).toString("utf8")).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events)
        if (event.startsWith("data: ")) messages.push(liveMessageSchema.parse(JSON.parse(event.slice(6))));
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  return { answer, messages, ended: () => ended, heard: firstOfIn(messages), close: () => stop.abort() };
}

const firstOfIn =
  (messages: readonly LiveMessage[]) =>
  <Type extends LiveMessage["type"]>(type: Type) =>
    firstOf(messages, type);

function firstOf<Type extends LiveMessage["type"]>(messages: readonly LiveMessage[], type: Type) {
  const find = () => messages.find((message) => message.type === type);
  return waitFor(find, { what: type, withinMs: 5_000 }) as Promise<Extract<LiveMessage, { type: Type }>>;
}

/** What a client draws that follows the protocol as our page does: the snapshot, and every change since. */
export async function drawnBy({ port }: At, eventId: EventId, messages: readonly LiveMessage[]) {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/events/${eventId}/seats`);
  const drawn = seatsOfSnapshot(eventSeatsSchema.parse(await answer.json()));
  let read = 0;
  let gaps = 0;
  const apply = () => {
    for (; read < messages.length; read += 1) {
      const message = messages[read];
      if (message?.type === "seats" && applyChanges(drawn, message.changes).isMissing) gaps += 1;
    }
    return gaps;
  };
  return {
    gaps: apply,
    states(sectionId: SectionId): string {
      apply();
      return drawn.get(sectionId)?.states.join("") ?? "";
    },
  };
}
