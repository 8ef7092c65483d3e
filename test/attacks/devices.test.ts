import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { createDeviceKey, sha256Text, signJws } from "../../foundation/device-key.ts";
import { sendRaw } from "../../gateway/test-client.ts";
import { openRoom, upgradeText } from "../../gateway/test-socket.ts";
import {
  ask,
  book,
  bookings,
  bookingWish,
  enter,
  join,
  openGuest,
  openSession,
  places,
  proofOf,
  standingOf,
  takeTurn,
  turnOf,
} from "./attacker.ts";
import { type AttackedSite, portOf, publicUrl, startSite } from "./site.ts";

let site: AttackedSite;
let gateway: string;
let event: OnsaleEvent;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
  event = await site.openEvent({ deviceBinding: true });
});
afterAll(() => site.close());

const device = createDeviceKey();
const thief = createDeviceKey();

test("a room for devices takes no session without a key", async () => {
  const [guest, bound] = [await openGuest(gateway), await openGuest(gateway, device)];
  for (const url of site.gateways)
    expect(await join(url, event, guest)).toMatchObject({ status: 403, code: "device_required" });
  expect((await join(gateway, event, { ...guest, device })).code).toBe("device_required");
  expect((await join(gateway, event, bound)).status).toBe(201);
});

test("a stolen token is worth nothing without a proof of its key for this very request", async () => {
  const owner = await openGuest(gateway, device);
  const { token } = owner;
  const path = places(event);
  const proofs: [string, string][] = [
    ["with another key", proofOf(thief, "POST", path, token)],
    ["for another method", proofOf(device, "GET", path, token)],
    ["for another path", proofOf(device, "POST", `${path}/mine`, token)],
    ["for another event", proofOf(device, "POST", places(await site.openEvent()), token)],
    ["for another token", proofOf(device, "POST", path, (await openGuest(gateway, device)).token)],
    ["for no token", proofOf(device, "POST", path)],
    ["that is old", proofOf(device, "POST", path, token, Date.now() - 62_000)],
    ["of the future", proofOf(device, "POST", path, token, Date.now() + 10_000)],
    ["signed with another key than it shows", disguised(path, token)],
    ["that is none", "proof"],
  ];
  const steal = (dpop?: string) =>
    ask(gateway, path, { token, body: {}, headers: dpop === undefined ? {} : { dpop } });
  expect(await steal()).toMatchObject({ status: 401, code: "device_proof_missing" });
  for (const [what, proof] of proofs)
    expect(await steal(proof), what).toMatchObject({ status: 401, code: "device_proof_wrong" });
  expect((await standingOf(gateway, event, owner)).code).toBe("place_missing");
  const seen = proofOf(device, "POST", path, token);
  expect((await steal(seen)).status).toBe(201);
  expect(await steal(seen)).toMatchObject({ status: 401, code: "device_proof_wrong" });
});

/** Shows the owner's public key, and is signed with the thief's private one. */
function disguised(path: string, token: string): string {
  const claims = {
    jti: randomBytes(16).toString("base64url"),
    htm: "POST",
    htu: publicUrl + path,
    iat: Math.floor(Date.now() / 1_000),
    ath: sha256Text(token),
  };
  return signJws({ typ: "dpop+jwt", alg: "ES256", jwk: device.jwk }, claims, thief.privateKey);
}

test("a stolen pass and a stolen receipt are worth nothing without the owner's key", async () => {
  const owner = await openGuest(gateway, device);
  const { pass, receipt } = await enter(gateway, event, owner);
  const robber = await openGuest(gateway, thief);
  const guest = await openGuest(gateway);
  for (const url of site.gateways) {
    expect((await book(url, event, robber, pass)).code).toBe("pass_invalid");
    expect((await book(url, event, guest, pass)).code).toBe("pass_invalid");
    expect((await book(url, event, { ...owner, device: thief }, pass)).code).toBe("device_proof_wrong");
    expect((await book(url, event, { ...owner, device: undefined }, pass)).code).toBe("device_proof_missing");
    expect(await join(url, event, robber, { receipt })).toMatchObject({ status: 422, code: "receipt_wrong" });
  }
  const replayed = proofOf(device, "POST", bookings(event), owner.token);
  const withSeenProof = () =>
    ask(gateway, bookings(event), {
      token: owner.token,
      pass,
      body: bookingWish(event),
      headers: { dpop: replayed, "idempotency-key": randomUUID() },
    });
  expect((await withSeenProof()).status).toBe(201);
  expect((await withSeenProof()).code).toBe("device_proof_wrong");
  expect(await site.bookingsOf(event.id)).toBe(1);
  for (const url of site.gateways) expect((await book(url, event, owner, pass)).status).toBe(201);
});

test("the turn of a bound session cannot be taken with another key", async () => {
  const owner = await openGuest(gateway, device);
  await join(gateway, event, owner);
  await turnOf(gateway, event, owner);
  const path = `/v1/events/${event.id}/passes`;
  expect((await ask(gateway, path, { ...owner, device: thief, method: "POST" })).code).toBe(
    "device_proof_wrong",
  );
  expect((await ask(gateway, path, { token: owner.token, method: "POST" })).code).toBe(
    "device_proof_missing",
  );
  expect((await ask(gateway, path, { ...owner, method: "POST" })).status).toBe(201);
});

test("a place that a device joined gives its turn to no session without a key, also of the same account", async () => {
  const account = await site.openAccount("buyer");
  const [bound, free] = [await openSession(gateway, account, device), await openSession(gateway, account)];
  await join(gateway, event, bound);
  await turnOf(gateway, event, bound);
  for (const url of site.gateways)
    expect(await takeTurn(url, event, free)).toMatchObject({ status: 403, code: "device_required" });
  const { body } = await takeTurn(gateway, event, bound);
  expect((await book(gateway, event, free, body.pass)).code).toBe("pass_invalid");
  expect((await book(gateway, event, bound, body.pass)).status).toBe(201);
});

test("an account joins with the receipt of its other device, which gives the same place and no other", async () => {
  const room = await site.openEvent({ paused: true });
  const account = await site.openAccount("buyer");
  const first = await openSession(gateway, account, device);
  const second = await openSession(gateway, account, thief);
  const { body } = await join(gateway, room, first);
  await join(gateway, room, await openGuest(gateway));
  const again = await join(gateway, room, second, { receipt: body.receipt });
  expect([again.status, again.body.standing.number]).toEqual([200, 1]);
});

test("the room's socket opens for a bound token with a proof as subprotocol only, once", async () => {
  const { token } = await openGuest(gateway, device);
  const path = `/v1/events/${event.id}/room`;
  const at = { port: portOf(gateway) };
  const upgrade = (...more: string[]) => {
    const protocols = ["onsale.v1", `bearer.${token}`, ...more].join(", ");
    return sendRaw(at, upgradeText(path, [`Sec-WebSocket-Protocol: ${protocols}`]), /\r\n\r\n/);
  };
  expect(await upgrade()).toMatch(/^HTTP\/1\.1 401 /);
  for (const proof of [
    proofOf(thief, "GET", path, token),
    proofOf(device, "POST", path, token),
    proofOf(device, "GET", `${path}/stream`, token),
    proofOf(device, "GET", path, token, Date.now() - 62_000),
  ])
    expect(await upgrade(`dpop.${proof}`)).toMatch(/^HTTP\/1\.1 401 /);
  const proof = proofOf(device, "GET", path, token);
  const socket = await openRoom(at, token, event.id, [`dpop.${proof}`]);
  expect(await socket.heard({ type: "standing" })).toMatchObject({ outcome: "place_missing" });
  expect(await upgrade(`dpop.${proof}`)).toMatch(/^HTTP\/1\.1 401 /);
});
