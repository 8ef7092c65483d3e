import { expect, test } from "vitest";
import type { Standing } from "../queue-admission/room.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { problemOf, send } from "./test-client.ts";
import { eventId, testBuyer, tokenOf, unknownId } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testServices, tickAt } from "./test-services.ts";
import { openStream } from "./test-stream.ts";

const ada = testBuyer("ada");
const path = `/v1/events/${eventId}/room/stream`;
const soon = { tickEveryMs: { near: 0, middle: 0, far: 0 } };

test("a stream says what a socket says: hello, the standing, ticks, the turn", async () => {
  const gateway = await startTestGateway({}, { socket: soon, tick: tickAt(7) });
  const stream = await openStream(gateway, tokenOf(ada));
  expect(stream.answer.headers.get("content-type")).toBe("text/event-stream");
  expect(await stream.heard("standing")).toMatchObject({ outcome: "waiting", number: 12 });
  expect(stream.messages[0]).toMatchObject({ type: "hello", reconnect: { firstMs: 1_000 } });
  gateway.feeds.news(tickAt(9));
  expect(await stream.heard("tick")).toMatchObject({ lanes: { general: { served: 9 } } });
  const turn = { identity: ada.identity, lane: 0, number: 12, deadlineMs: 1_800_000_000_000 };
  gateway.feeds.news({ kind: "turns", turns: [turn] });
  expect(await stream.heard("turn")).toEqual({ type: "turn", deadline: "2027-01-15T08:00:00.000Z" });
});

test("who hears by a stream counts as here until it is gone, and for the grace after it", async () => {
  const standing: Standing = { outcome: "waiting", lane: "general", number: 1, ahead: 0, state: "open" };
  const { rooms } = testServices({} as never, {} as never);
  const gateway = await startTestGateway(
    { rooms: { ...rooms, standing: async () => standing } },
    { tick: tickAt(0) },
  );
  const stream = await openStream(gateway, tokenOf(ada));
  await stream.heard("standing");
  expect(gateway.here()).toMatch(/^0 0 1/);
  stream.close();
  await waitFor(() => gateway.feeds.open() === 0, { what: "the end of the watch" });
  expect(gateway.here()).toMatch(/^0 0 1/);
  await waitFor(() => gateway.here().startsWith("0 0 0"), { what: "the end of the grace" });
});

test("a stopping gateway says bye to streams too and ends them", async () => {
  const gateway = await startTestGateway();
  const stream = await openStream(gateway, tokenOf(ada));
  await stream.heard("standing");
  await gateway.stop("a test");
  await waitFor(stream.ended, { what: "the end of the stream" });
  expect(stream.messages.at(-1)).toMatchObject({ type: "bye", reason: "stopping" });
});

test.each([
  ["without a token", path, {}, 401, "token_missing"],
  ["from another page", path, { origin: "https://evil.example" }, 403, "forbidden"],
  ["of an unknown event", path.replace(eventId, unknownId), {}, 404, "not_found"],
] as const)("a stream %s is refused with a problem", async (what, address, headers, status, code) => {
  const gateway = await startTestGateway();
  const token = what === "without a token" ? {} : { token: tokenOf(ada) };
  expect(problemOf(await send(gateway, address, { headers, ...token }))).toMatchObject({ status, code });
});
