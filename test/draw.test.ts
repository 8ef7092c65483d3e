import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commitmentOf } from "../queue-admission/draw/draw-protocol.ts";
import { drawRecordSchema, type HeldDraw, isHeld } from "../queue-admission/draw/draw-record.ts";
import { ask, join, openGuest, openSession, standingOf } from "./attacks/attacker.ts";
import { type AttackedSite, startSite, tokens } from "./attacks/site.ts";
import { waitFor } from "./harness/wait-for.ts";

const onsale = fileURLToPath(new URL("../cli/onsale.ts", import.meta.url));
const run = promisify(execFile);

let site: AttackedSite;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

async function verifyDraw(receipt: string): Promise<{ code: number; output: string }> {
  const args = [onsale, "verify-draw", receipt, "--url", site.gateways[1]];
  try {
    return { code: 0, output: (await run(process.execPath, args)).stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, output: stdout };
  }
}

/** Opened by the operator once all are there, however long that takes. */
async function openRoom(eventId: string): Promise<void> {
  const [gateway] = site.gateways;
  const operator = await openSession(gateway, await site.openAccount("organiser"));
  const opened = await ask(gateway, `/v1/admin/events/${eventId}/room`, {
    method: "PATCH",
    token: operator.token,
    body: { opensAt: new Date(Date.now() + 1_000).toISOString() },
  });
  expect(opened.status).toBe(200);
}

test("everybody of a lobby can check the own number in the published draw, and no other number passes", async () => {
  const event = await site.openEvent({ lobbyAtMs: 0, opensAtMs: Date.now() + 600_000, draw: true });
  const path = `/v1/events/${event.id}/draw`;
  const guests = await Promise.all(Array.from({ length: 40 }, () => openGuest(site.gateways[0])));
  const joined = await Promise.all(
    guests.map((guest, index) => join(site.gateways[index % 2] ?? "", event, guest)),
  );
  expect(new Set(joined.map(({ body }) => body.standing.outcome))).toEqual(new Set(["lobby"]));
  const receipts = joined.map(({ body }) => body.receipt);

  const coming = drawRecordSchema.parse((await ask(site.gateways[0], path)).body);
  expect(isHeld(coming)).toBe(false);
  expect(tokens.verify("receipt", receipts[0] ?? "")?.commitment).toBe(coming.commitment);
  expect(await verifyDraw(receipts[0] ?? "")).toMatchObject({ code: 2 });

  await openRoom(event.id);
  const held = await waitFor(
    async () => {
      const record = drawRecordSchema.parse((await ask(site.gateways[1], path)).body);
      return isHeld(record) ? record : undefined;
    },
    { what: "the draw", withinMs: 20_000 },
  );
  expect(commitmentOf((held as HeldDraw).seed)).toBe(coming.commitment);
  expect(held.lanes).toMatchObject([{ lane: "general", entrants: 40 }]);

  const numbers = await waitFor(
    async () => {
      const places = await Promise.all(guests.map((guest) => standingOf(site.gateways[0], event, guest)));
      const found = places.map(({ body }) => body.standing.number);
      return found.every((number) => number !== undefined) ? found : undefined;
    },
    { what: "the numbers", withinMs: 10_000 },
  );
  expect(numbers.toSorted((one, other) => one - other)).toEqual(guests.map((_, index) => index + 1));
  expect(numbers).not.toEqual(numbers.toSorted((one, other) => one - other));

  const [receipt = ""] = receipts;
  expect(await verifyDraw(receipt)).toMatchObject({
    code: 0,
    output: expect.stringContaining(`number ${numbers[0]}`),
  });
  const checked = await ask(site.gateways[1], `${path}/checks`, { body: { receipt } });
  expect(checked).toMatchObject({ status: 200, body: { lane: "general", number: numbers[0] } });

  const claims = tokens.verify("receipt", receipt);
  if (claims === undefined) throw new Error("the receipt is not good");
  const wrong = { ...claims, number: (numbers[0] ?? 0) + 1 };
  const rigged = tokens.sign("receipt", wrong, claims.exp * 1_000);
  expect(await verifyDraw(rigged)).toMatchObject({ code: 1, output: expect.stringContaining("FAIL") });
  const swapped = tokens.sign("receipt", { ...claims, commitment: "00".repeat(32) }, claims.exp * 1_000);
  expect(await verifyDraw(swapped)).toMatchObject({ code: 1, output: expect.stringContaining("FAIL") });
});

test("who comes after the opening stands behind everybody who was drawn", async () => {
  const event = await site.openEvent({
    lobbyAtMs: 0,
    opensAtMs: Date.now() + 2_000,
    draw: true,
    paused: true,
  });
  const [early, late] = [await openGuest(site.gateways[0]), await openGuest(site.gateways[0])];
  await join(site.gateways[0], event, early);
  await waitFor(
    async () => (await standingOf(site.gateways[0], event, early)).body.standing.outcome === "waiting",
    {
      what: "the draw",
      withinMs: 20_000,
    },
  );
  const { body } = await join(site.gateways[1], event, late);
  expect(body.standing).toMatchObject({ outcome: "waiting", number: 2 });
  expect(tokens.verify("receipt", body.receipt)).toMatchObject({ entry: 2, number: 2 });
});
