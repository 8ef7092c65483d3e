import { createPublicKey, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pay } from "../booking-core/bookings/test-bookings.ts";
import type { OnsaleEvent } from "../booking-core/events/event.ts";
import { issueTickets } from "../booking-core/tickets/issue-tickets.ts";
import { createKeySeal } from "../booking-core/tickets/key-seal.ts";
import { rotateKeys } from "../booking-core/tickets/stored-keys.ts";
import { decodeSvg } from "../booking-core/tickets/test-qr.ts";
import { type CheckedCode, checkTicketCode } from "../booking-core/tickets/ticket-code.ts";
import { createTicketsLinks } from "../booking-core/tickets/tickets-link.ts";
import type { BookingId } from "../foundation/ids.ts";
import { createPool, inTransaction, type Pool } from "../foundation/postgres/pool.ts";
import { ask, enter, openGuest, openSession } from "./attacks/attacker.ts";
import { type AttackedSite, publicUrl, secret, startSite, tokens } from "./attacks/site.ts";
import { waitFor } from "./harness/wait-for.ts";

let site: AttackedSite;
let pool: Pool;
beforeAll(async () => {
  site = await startSite();
  pool = createPool(site.databaseUrl, 2);
});
afterAll(async () => {
  await pool.end();
  await site.close();
});

/** A buyer with paid tickets of an event of its own, and who runs it. */
async function setUp(quantity = 1) {
  const [gateway] = site.gateways;
  const event = await site.openEvent();
  const buyer = await openGuest(gateway);
  const { pass } = await enter(gateway, event, buyer);
  const booked = await ask(gateway, `/v1/events/${event.id}/bookings`, {
    ...buyer,
    pass,
    body: { wishes: [{ mode: "best-available", quantity }] },
    headers: { "idempotency-key": randomUUID() },
  });
  const bookingId = booked.body["id"] as BookingId;
  await inTransaction(pool, async (sql) => {
    await pay(sql, bookingId);
    await issueTickets(sql, [bookingId]);
  });
  const { body } = await ask(gateway, `/v1/bookings/${bookingId}`, buyer);
  const [seat] = body["seats"] as { ticketId: string }[];
  const operator = await openSession(gateway, await site.openAccount("organiser"));
  return { event, buyer, bookingId, operator, ticketPath: `/v1/tickets/${seat?.ticketId}` };
}

type Setting = Awaited<ReturnType<typeof setUp>>;

async function codeAt(gateway: string, { ticketPath, buyer }: Setting): Promise<string> {
  return String((await ask(gateway, ticketPath, buyer)).body["code"]);
}

async function doorOf({ event, operator }: Setting, name: string) {
  const [gateway] = site.gateways;
  const made = await ask(gateway, `/v1/admin/events/${event.id}/doors`, { ...operator, body: { name } });
  return { token: made.body.token, id: String(made.body["id"]) };
}

function scan(gateway: string, event: OnsaleEvent, door: { token: string }, code: string) {
  const body = { scanId: randomUUID(), code };
  return ask(gateway, `/v1/events/${event.id}/check-ins`, { token: door.token, body });
}

/** As a device does that has asked for the public keys and nothing else. */
async function checkOffline(gateway: string, code: string): Promise<CheckedCode> {
  const { body } = await ask(gateway, "/v1/ticket-keys");
  const keys = body["keys"] as { id: number; publicKey: string }[];
  return checkTicketCode(code, (keyId) => {
    const x = keys.find(({ id }) => id === keyId)?.publicKey;
    return x === undefined
      ? undefined
      : createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  });
}

test("a ticket that one gateway signs is good at the doors of the other, once, and offline too", async () => {
  const [first, second] = site.gateways;
  const setting = await setUp();
  const [north, south] = [await doorOf(setting, "North"), await doorOf(setting, "South")];
  const code = await codeAt(first, setting);
  expect(await checkOffline(second, code)).toMatchObject({ outcome: "good", eventId: setting.event.id });
  const both = await Promise.all([
    scan(first, setting.event, north, code),
    scan(second, setting.event, south, code),
  ]);
  expect(new Set(both.map(({ body }) => body["result"]))).toEqual(new Set(["admitted", "used"]));
  expect((await ask(second, setting.ticketPath, setting.buyer)).body).toMatchObject({ status: "used" });
});

test("a lost code is worth nothing once the buyer has a new one", async () => {
  const [first, second] = site.gateways;
  const setting = await setUp();
  const door = await doorOf(setting, "North");
  const lost = await codeAt(first, setting);
  await ask(first, `${setting.ticketPath}/reissue`, { ...setting.buyer, body: { issue: 0 } });
  expect((await scan(second, setting.event, door, lost)).body["result"]).toBe("replaced");
  const fresh = await codeAt(second, setting);
  expect((await scan(first, setting.event, door, fresh)).body["result"]).toBe("admitted");
});

test("after a rotation all gateways sign with the new key within ten seconds, and take what the old one signed", async () => {
  const setting = await setUp();
  const door = await doorOf(setting, "North");
  const before = await codeAt(site.gateways[0], setting);
  await codeAt(site.gateways[1], setting);
  const rotated = await rotateKeys(pool, createKeySeal(secret), false);
  if (rotated.outcome !== "rotated") throw new Error(rotated.outcome);
  const rotatedAtMs = Date.now();
  for (const gateway of site.gateways)
    await waitFor(
      async () => {
        const checked = await checkOffline(gateway, await codeAt(gateway, setting));
        return checked.outcome === "good" && checked.keyId === rotated.keyId;
      },
      { what: "the new key", withinMs: 12_000 },
    );
  expect(Date.now() - rotatedAtMs).toBeLessThan(10_000);
  expect((await scan(site.gateways[1], setting.event, door, before)).body["result"]).toBe("admitted");
});

test("a door that is closed is refused by every gateway within two seconds", async () => {
  const setting = await setUp();
  const door = await doorOf(setting, "North");
  for (const gateway of site.gateways)
    expect((await scan(gateway, setting.event, door, "x")).status).toBe(200);
  const path = `/v1/admin/events/${setting.event.id}/doors/${door.id}`;
  await ask(site.gateways[0], path, { ...setting.operator, method: "DELETE" });
  const closedAtMs = Date.now();
  for (const gateway of site.gateways)
    await waitFor(async () => (await scan(gateway, setting.event, door, "x")).code === "token_invalid", {
      what: "the refusal",
    });
  expect(Date.now() - closedAtMs).toBeLessThan(2_000);
});

test("whoever has the link sees the tickets, as a page and as a PDF; a buyer has them by the API", async () => {
  const [first, second] = site.gateways;
  const setting = await setUp(2);
  const booking = { id: setting.bookingId, startsAtMs: setting.event.startsAtMs };
  const link = createTicketsLinks(tokens, publicUrl).ticketsLink(booking).replace(publicUrl, "");
  const page = await (await fetch(second + link)).text();
  const codes = (page.match(/<svg.*?<\/svg>/g) ?? []).map(decodeSvg);
  expect(codes).toHaveLength(2);
  for (const code of codes) expect(await checkOffline(first, code ?? "")).toMatchObject({ outcome: "good" });
  const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
  const byLink = await bytesOf(await fetch(`${first}${link}/tickets.pdf`));
  const headers = { authorization: `Bearer ${setting.buyer.token}` };
  const own = await fetch(`${second}/v1/bookings/${setting.bookingId}/tickets.pdf`, { headers });
  expect(own.headers.get("content-type")).toBe("application/pdf");
  expect((await bytesOf(own)).equals(byLink)).toBe(true);
  const stranger = await openGuest(first);
  const foreign = await ask(first, `/v1/bookings/${setting.bookingId}/tickets.pdf`, stranger);
  expect(foreign).toMatchObject({ status: 404, code: "not_found" });
});
