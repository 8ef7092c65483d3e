import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitmentOf, type DrawInputs, drawSeedOf } from "./draw-protocol.ts";
import { entrantLeaf } from "./entrant-leaf.ts";
import { inclusionProof } from "./inclusion-proof.ts";
import { merkleRoot } from "./merkle-root.ts";
import { shuffle } from "./shuffle.ts";
import { testBeacon, testEventId, testIdentity, testLeaves, testSeed } from "./test-draw.ts";
import { createUniformNumbers } from "./uniform-numbers.ts";

const root = "994f7f9c418fd6ccd3f5111d56561c7c655d814ba3a559367b44c638e0c23ef1";
const inputs = { eventId: testEventId, seed: testSeed, beacon: null, lane: "general", entrants: 11, root };

// The answers come from a second implementation in another language, written from docs/draw.md alone.
describe("the protocol never changes silently", () => {
  test("the commitment", () => {
    expect(commitmentOf(testSeed)).toBe("1813b2eaa9b411e175c3cc383e6048817f14dd14b5d56a607462ab8b7ca79465");
  });

  test("a leaf", () => {
    const identity = "_-Swzk2l0i9x6kvLYSAwRA";
    expect(testIdentity(1)).toBe(identity);
    const leaf = entrantLeaf({ eventId: testEventId, lane: "general", entry: 1, identity });
    expect(leaf.toString("hex")).toBe("147ae53c344528f636cfe680a879c064ea2f186e4c2c698b0a91b99f5169232f");
  });

  test.each(["", "x".repeat(21), "x".repeat(23)])("no leaf is made of the identity %j", (identity) => {
    expect(() => entrantLeaf({ ...inputs, entry: 1, identity })).toThrow(RangeError);
  });

  test.each([
    [0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    [1, "147ae53c344528f636cfe680a879c064ea2f186e4c2c698b0a91b99f5169232f"],
    [2, "4c79f98ee7fb0a9cb97e2439699ef607dae6035f4454bae2730357656f49a4c3"],
    [3, "0b5597d12f2e76afe16c0f475595dd60a2fe4737b3d20e87d7a41e24983018c1"],
    [4, "7665d9be667bab1a724acd765e5a23390b856fadb0f235db64969f815e7734d9"],
    [7, "4ac3ffffde36d2647a4eef1dba51ccc51c5f6d2653da4ef1dc2771686597d719"],
    [8, "3b0c8f8735f771798aef32337fdbeb09fef4319a2b9c207d5eb53430efc6c5fe"],
    [11, root],
  ])("the root of %i entrants", (entrants, expected) => {
    expect(merkleRoot(testLeaves("general", entrants)).toString("hex")).toBe(expected);
  });

  test.each([
    [
      6,
      [
        "4d9b78f91e8ca8ca54ed152d82a1b7230a62f47508a3d6f969e1c970d94d2c71",
        "15acfdf4dcd646617a393e7bfcf7f10ed83f78dbc8129126c585ef523d46f373",
        "7665d9be667bab1a724acd765e5a23390b856fadb0f235db64969f815e7734d9",
        "75e5294c800fe5080d8f414c9cddf476927c8d74b8e54b31fab7a801f3ded6f7",
      ],
    ],
    [
      10,
      [
        "05119902df17988791ab17e135566fc74093639d6ebf7471a3ed2033e3403a54",
        "3b0c8f8735f771798aef32337fdbeb09fef4319a2b9c207d5eb53430efc6c5fe",
      ],
    ],
  ])("the proof of the leaf at %i", (index, expected) => {
    const proof = inclusionProof(testLeaves("general", 11), index);
    expect(proof.map((neighbour) => neighbour.toString("hex"))).toEqual(expected);
  });

  test.each([
    [
      "without a beacon",
      inputs,
      "b8ba7380d1828dee23de9c02a080473e6798eef2ea9a1ebf4838f28427d16232",
      [2, 7, 10, 6, 4, 9, 1, 11, 5, 3, 8],
    ],
    [
      "with a beacon",
      { ...inputs, beacon: testBeacon },
      "9e3222fadb053e170ca49d65ba1c9505fc0394f9344008bfe2bd1bf75a0384d5",
      [8, 4, 11, 9, 6, 1, 7, 3, 10, 2, 5],
    ],
    [
      "of a lane beyond ASCII",
      { ...inputs, lane: "général" },
      "3acc7675e8f5b6b8adcc54b68efe9ea73b0c758bdcc903fe4f46ba4332eadadb",
      [11, 6, 7, 10, 3, 8, 1, 2, 5, 4, 9],
    ],
  ])("the seed and the order %s", (_, drawn, seed, order) => {
    expect(drawSeedOf(drawn).toString("hex")).toBe(seed);
    expect([...shuffle(drawSeedOf(drawn), 11).order]).toEqual(order);
  });

  test("the order of 100,000", () => {
    const { order } = shuffle(drawSeedOf({ ...inputs, entrants: 100_000 }), 100_000);
    const written = Buffer.alloc(order.length * 4);
    order.forEach((entry, at) => written.writeUInt32BE(entry, at * 4));
    expect(createHash("sha256").update(written).digest("hex")).toBe(
      "e2d8b97513ce6dfb36bc15dcccad87bba13eddc804e5afe5705613af430ce8a9",
    );
  });

  test("words that would favour low numbers are passed over", () => {
    const uniform = createUniformNumbers(Buffer.alloc(32));
    const drawn = Array.from({ length: 5 }, () => uniform(2 ** 31 + 1));
    expect(drawn).toEqual([741658141, 1522477695, 1681378467, 167716337, 502706459]);
  });
});

describe("docs/draw.md says what the code does", () => {
  const page = readFileSync(new URL("../../docs/draw.md", import.meta.url), "utf8");
  const withBeacon = { ...inputs, beacon: testBeacon };
  const leaf = entrantLeaf({ ...inputs, entry: 1, identity: testIdentity(1) });
  test.each([
    ["commitment", commitmentOf(testSeed)],
    ["leaf(1)", leaf.toString("hex")],
    ["root", merkleRoot(testLeaves("general", 11)).toString("hex")],
    ["drawSeed, no beacon", drawSeedOf(inputs).toString("hex")],
    ["order, no beacon", shuffle(drawSeedOf(inputs), 11).order.join(" ")],
    ["drawSeed, beacon of 32 bytes `b0`", drawSeedOf(withBeacon).toString("hex")],
    ["order, beacon of 32 bytes `b0`", shuffle(drawSeedOf(withBeacon), 11).order.join(" ")],
  ])("%s", (what, answer) => {
    expect(page).toContain(`\n| ${what} | \`${answer}\` |\n`);
  });
});

describe("the order depends on nothing but the inputs of the draw", () => {
  const hex = (bytes: number) =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString("hex"));
  // At least 30 entrants: two orders are equal by chance once in 30! draws.
  const anyInputs: fc.Arbitrary<DrawInputs> = fc.record({
    eventId: fc.uuid(),
    seed: hex(32),
    beacon: fc.option(hex(32)),
    lane: fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
    entrants: fc.integer({ min: 30, max: 200 }),
    root: hex(32),
  });
  const orderOf = (drawn: DrawInputs) => [...shuffle(drawSeedOf(drawn), drawn.entrants).order];

  test("the same inputs give the same order, whatever was drawn in between", () => {
    const property = fc.property(anyInputs, anyInputs, (drawn, other) => {
      const order = orderOf(drawn);
      orderOf(other);
      expect(orderOf({ ...drawn })).toEqual(order);
    });
    fc.assert(property);
  });

  test.each(["eventId", "seed", "beacon", "lane", "entrants", "root"] as const)(
    "another %s gives another order",
    (name) => {
      const property = fc.property(anyInputs, anyInputs, (drawn, other) => {
        fc.pre(drawn[name] !== other[name]);
        // The common beginning: that a longer list is longer is not the point.
        const length = Math.min(drawn.entrants, other.entrants);
        const changed = { ...drawn, [name]: other[name] };
        const among = (order: readonly number[]) => order.filter((entry) => entry <= length);
        expect(among(orderOf(changed))).not.toEqual(among(orderOf(drawn)));
      });
      fc.assert(property);
    },
  );

  test("what belongs to one input is never read as part of its neighbour", () => {
    const parted = { ...inputs, eventId: "e", lane: "ab" };
    expect(drawSeedOf(parted)).not.toEqual(drawSeedOf({ ...parted, lane: "a" }));
    expect(() => drawSeedOf({ ...parted, lane: "" })).toThrow(RangeError);
    expect(() => drawSeedOf({ ...parted, lane: "é".repeat(128) })).toThrow(RangeError);
  });
});
