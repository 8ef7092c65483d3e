import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDraw, type DrawClaim } from "./check-draw.ts";
import { commitmentOf } from "./draw-protocol.ts";
import { decodeDrawReceipt } from "./draw-receipt.ts";
import { drawRecordSchema, type HeldDraw } from "./draw-record.ts";
import { holdTestDraw, testBeacon, testEventId, testIdentity } from "./test-draw.ts";

const lanes = { general: 37, members: 5, single: 1 };
const draw = holdTestDraw(lanes, testBeacon);
const otherSeed = "ff".repeat(32);
const claim = claimOf("general", 12);

test.each([null, testBeacon])(
  "every entrant of an honest draw finds the own number (beacon %s)",
  (beacon) => {
    const honest = holdTestDraw(lanes, beacon);
    for (const [lane, entrants] of Object.entries(lanes))
      for (let entry = 1; entry <= entrants; entry += 1) {
        const { number, ...told } = honest.receipt(lane, entry);
        const checked = checkDraw(honest.record, { ...told, proof: honest.proof(lane, entry) });
        expect(checked).toEqual({ outcome: "fair", number });
      }
  },
);

describe("the check says what is wrong", () => {
  const { record } = draw;
  const coming = { eventId: record.eventId, commitment: record.commitment };
  const otherEvent = "0190f3a0-0000-7000-8000-000000000002";
  test.each<[string, HeldDraw | typeof coming, Partial<DrawClaim>, object]>([
    ["nothing is drawn yet", coming, {}, { outcome: "not_drawn" }],
    [
      "the record is of another event",
      { ...record, eventId: otherEvent },
      {},
      { outcome: "other_event", eventId: otherEvent },
    ],
    [
      "the seed was exchanged",
      { ...record, seed: otherSeed },
      {},
      { outcome: "other_seed", opens: commitmentOf(otherSeed) },
    ],
    [
      "seed and commitment were exchanged",
      { ...record, seed: otherSeed, commitment: commitmentOf(otherSeed) },
      { commitment: record.commitment },
      { outcome: "other_commitment", commitment: commitmentOf(otherSeed) },
    ],
    [
      "the commitment was exchanged before the draw",
      { ...coming, commitment: commitmentOf(otherSeed) },
      { commitment: record.commitment },
      { outcome: "other_commitment", commitment: commitmentOf(otherSeed) },
    ],
    ["the lane was left out", { ...record, lanes: record.lanes.slice(1) }, {}, { outcome: "lane_missing" }],
    ["the list is too short", record, { entry: 38 }, { outcome: "entry_missing", entrants: 37 }],
    ["the entry is no entry", record, { entry: 0 }, { outcome: "entry_missing", entrants: 37 }],
    ["the entry is half a one", record, { entry: 1.5 }, { outcome: "entry_missing", entrants: 37 }],
    ["somebody else has the entry", record, { identity: testIdentity(99) }, { outcome: "other_entrant" }],
    [
      "the proof is of another entry",
      record,
      { proof: draw.proof("general", 13) },
      { outcome: "other_entrant" },
    ],
    ["the proof is withheld", record, { proof: [] }, { outcome: "other_entrant" }],
  ])("%s", (_, rigged, changes, expected) => {
    expect(checkDraw(rigged, { ...claim, ...changes })).toEqual(expected);
  });

  test("the room gave another number than the draw", () => {
    const number = claim.number;
    expect(checkDraw(record, { ...claim, number: number + 1 })).toEqual({ outcome: "other_number", number });
  });

  test("another beacon, or none, gives other numbers", () => {
    const found = [null, "b1".repeat(32)].map((beacon) => checkDraw({ ...record, beacon }, claim));
    expect(found.map(({ outcome }) => outcome)).toEqual(["other_number", "other_number"]);
  });
});

test("whatever is changed in a record, somebody's check fails", () => {
  const property = fc.property(
    fc.constantFrom("seed", "commitment", "root"),
    fc.nat({ max: 31 }),
    fc.integer({ min: 1, max: 255 }),
    (name, at, flip) => {
      const rigged = riggedRecord(name, at, flip);
      const checks = Array.from({ length: lanes.general }, (_, entry) =>
        checkDraw(rigged, claimOf("general", entry + 1)),
      );
      expect(checks.some(({ outcome }) => outcome !== "fair")).toBe(true);
    },
  );
  fc.assert(property);
});

describe("a record is read strictly", () => {
  const { record } = draw;
  const { seed: _, ...unsealed } = record;
  test.each<[string, unknown, boolean]>([
    ["a held draw", record, true],
    ["a held draw with more fields of a later version", { ...record, later: 1 }, true],
    ["a coming draw", { eventId: testEventId, commitment: record.commitment }, true],
    [
      "a coming draw whose lists are closed",
      { eventId: testEventId, commitment: record.commitment, lanes: record.lanes },
      true,
    ],
    ["a draw with a short seed", { ...record, seed: record.seed.slice(2) }, false],
    ["a draw without its seed", unsealed, false],
    ["a beacon of half a byte", { ...record, beacon: "b" }, false],
    ["a lane twice", { ...record, lanes: [record.lanes[0], record.lanes[0]] }, false],
    [
      "more entrants than memory",
      { ...record, lanes: [{ ...record.lanes[0], entrants: 2 ** 32 - 1 }] },
      false,
    ],
    ["a lane without a name", { ...record, lanes: [{ ...record.lanes[0], lane: "" }] }, false],
    ["nothing", undefined, false],
  ])("%s", (_, answer, fits) => {
    expect(drawRecordSchema.safeParse(answer).success).toBe(fits);
  });
});

describe("a receipt is read without its secret", () => {
  const receipt = draw.receipt("general", 12);
  const tokenOf = (claims: unknown) =>
    ["head", Buffer.from(JSON.stringify(claims)).toString("base64url"), "signature"].join(".");

  test("whatever it says beside", () => {
    expect(decodeDrawReceipt(` ${tokenOf({ ...receipt, iss: "onsale", exp: 1 })}\n`)).toEqual(receipt);
  });

  test.each([
    ["without an entry", tokenOf({ ...receipt, entry: undefined })],
    ["with an identity that is none", tokenOf({ ...receipt, identity: "ann@onsale.example" })],
    ["with an event that leads elsewhere", tokenOf({ ...receipt, eventId: "../../else" })],
    ["that is no token", "hello"],
    ["that is empty", ""],
  ])("never one %s", (_, token) => {
    expect(decodeDrawReceipt(token)).toBeUndefined();
  });
});

function claimOf(lane: string, entry: number) {
  return { ...draw.receipt(lane, entry), proof: draw.proof(lane, entry) };
}

function riggedRecord(name: "seed" | "commitment" | "root", at: number, flip: number): HeldDraw {
  const { record } = draw;
  if (name !== "root") return { ...record, [name]: changed(record[name], at, flip) };
  return { ...record, lanes: record.lanes.map((lane) => ({ ...lane, root: changed(lane.root, at, flip) })) };
}

function changed(hex: string, at: number, flip: number): string {
  const bytes = Buffer.from(hex, "hex");
  bytes.writeUInt8(bytes.readUInt8(at) ^ flip, at);
  return bytes.toString("hex");
}
