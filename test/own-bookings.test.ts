import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, enter, openGuest, openSession } from "./attacks/attacker.ts";
import { type AttackedSite, portOf, startSite } from "./attacks/site.ts";
import { waitFor } from "./harness/wait-for.ts";

let site: AttackedSite;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

function listenBySocket(gateway: string, eventId: string, token: string): string[] {
  const address = `ws://127.0.0.1:${portOf(gateway)}/v1/events/${eventId}/room`;
  const socket = new WebSocket(address, ["onsale.v1", `bearer.${token}`]);
  onTestFinished(() => socket.close());
  const texts: string[] = [];
  socket.onmessage = ({ data }) => texts.push(String(data));
  return texts;
}

async function listenByStream(gateway: string, eventId: string, token: string): Promise<string[]> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const answer = await fetch(`${gateway}/v1/events/${eventId}/room/stream`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  const texts: string[] = [];
  const read = async () => {
    for await (const bytes of answer.body ?? []) texts.push(Buffer.from(bytes).toString("utf8"));
  };
  void read().catch(() => undefined);
  return texts;
}

test("who changes a booking at one gateway hears of it at the other, by socket and by stream, and finds it in the history", async () => {
  const [first, second] = site.gateways;
  const event = await site.openEvent();
  const buyer = await openGuest(first);
  const { pass } = await enter(first, event, buyer);
  const operator = await openSession(first, await site.openAccount("organiser"));
  const rules = `/v1/admin/events/${event.id}/rules`;
  await ask(first, rules, { ...operator, method: "PATCH", body: { extensionSeconds: 60 } });
  const heard = [
    listenBySocket(second, event.id, buyer.token),
    await listenByStream(second, event.id, buyer.token),
  ];
  await waitFor(() => heard.every((texts) => texts.join().includes('"standing"')), {
    what: "both to be there",
  });

  const key = () => ({ "idempotency-key": randomUUID() });
  const wishes = [{ mode: "best-available", quantity: 3 }];
  const booked = await ask(first, `/v1/events/${event.id}/bookings`, {
    ...buyer,
    pass,
    body: { wishes },
    headers: key(),
  });
  expect(booked.status).toBe(201);
  const own = `/v1/bookings/${String(booked.body["id"])}`;
  const released = await ask(first, `${own}/release`, { ...buyer, body: { positions: [0] } });
  expect(released).toMatchObject({ status: 200, body: { quantity: 2 } });
  const extended = await ask(first, `${own}/extension`, { ...buyer, method: "POST", headers: key() });
  expect(extended).toMatchObject({ status: 200, body: { extended: true } });
  expect(await ask(first, own, { ...buyer, method: "DELETE" })).toMatchObject({ status: 200 });

  for (const texts of heard)
    await waitFor(() => texts.join("").match(/"type":"booking"/g)?.length === 3, { what: "three changes" });
  expect(heard.map((texts) => texts.join("").match(/"status":"\w+"/g))).toEqual(
    heard.map(() => ['"status":"pending_payment"', '"status":"pending_payment"', '"status":"cancelled"']),
  );
  const history = await ask(second, "/v1/bookings?status=cancelled&limit=5", buyer);
  expect(history).toMatchObject({ status: 200, body: { bookings: [{ id: booked.body["id"] }], next: null } });
});
