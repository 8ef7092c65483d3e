import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPool } from "../foundation/postgres/pool.ts";
import { ask, hearRoom, join, openGuest, openSession } from "./attacks/attacker.ts";
import { type AttackedSite, startSite } from "./attacks/site.ts";
import { waitFor } from "./harness/wait-for.ts";

let site: AttackedSite;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

test("the room of a cancelled event is closed: who waits hears it, nobody comes in, and no pass books", async () => {
  const [first, second] = site.gateways;
  const event = await site.openEvent({ cap: 1, turnWindowMs: 1_000, absenceGraceMs: 1_000 });
  const of = `/v1/events/${event.id}`;
  const [inside, waiting, late] = [await openGuest(second), await openGuest(second), await openGuest(second)];
  expect((await join(second, event, inside)).status).toBe(201);
  const { pass } = await waitFor(
    async () => {
      const taken = await ask(second, `${of}/passes`, { method: "POST", token: inside.token, body: {} });
      return taken.status === 201 && taken.body;
    },
    { what: "a pass" },
  );
  expect((await join(second, event, waiting)).status).toBe(201);
  const heard = hearRoom(second, event.id, waiting.token);
  const hears = (state: string) =>
    waitFor(() => heard.some((message) => message.type === "tick" && message.state === state), {
      what: state,
      withinMs: 10_000,
    });
  await hears("open");

  const operator = await openSession(first, await site.openAccount("organiser"));
  const cancel = { method: "POST", token: operator.token };
  expect((await ask(first, `/v1/admin/events/${event.id}/cancel`, cancel)).status).toBe(202);
  await hears("closed");
  const room = `/v1/admin/events/${event.id}/room`;
  await ask(first, room, { method: "PATCH", token: operator.token, body: { closed: false } });
  expect(await ask(first, room, { token: operator.token })).toMatchObject({
    body: { settings: { closed: true } },
  });

  const refused = async (path: string, buyer: { token: string }, body: object = {}) => {
    const headers = { "idempotency-key": randomUUID() };
    return (await ask(second, of + path, { method: "POST", token: buyer.token, pass, body, headers })).code;
  };
  const wish = { wishes: [{ mode: "best-available", quantity: 1 }] };
  await waitFor(async () => (await refused("/bookings", inside, wish)) === "event_cancelled", {
    what: "a refusal",
  });
  // Gateways hear of the cancellation within a second; nobody can pay what was booked meanwhile.
  const booked = await site.bookingsOf(event.id);
  expect(await refused("/passes/mine/renewals", inside)).toBe("event_cancelled");
  expect(await refused("/places", late)).toBe("event_cancelled");
  // The slot of who was inside is free now, and nobody gets it.
  await ask(second, `${of}/places/mine`, { method: "DELETE", token: inside.token });
  expect(await refused("/passes", waiting)).toBe("event_cancelled");
  expect(heard.filter(({ type }) => type === "turn")).toEqual([]);
  expect(await site.bookingsOf(event.id)).toBe(booked);
});

test("a room whose closing was lost with its worker is closed by the next search", async () => {
  const [first] = site.gateways;
  const event = await site.openEvent();
  const waiting = await openGuest(first);
  const heard = hearRoom(first, event.id, waiting.token);
  const isClosed = () => heard.some((message) => message.type === "tick" && message.state === "closed");
  await waitFor(() => heard.some(({ type }) => type === "tick"), { what: "a tick", withinMs: 10_000 });
  expect(isClosed()).toBe(false);
  const pool = createPool(site.databaseUrl, 1);
  await pool.query("update events set status = 'cancelled' where id = $1", [event.id]);
  await pool.end();
  await waitFor(isClosed, { what: "the closed room", withinMs: 15_000 });
});
