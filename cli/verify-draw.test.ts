import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { commitmentOf } from "../queue-admission/draw/draw-protocol.ts";
import { holdTestDraw, testBeacon } from "../queue-admission/draw/test-draw.ts";

const onsale = fileURLToPath(new URL("onsale.ts", import.meta.url));
const lane = "early birds & members";
const draw = holdTestDraw({ [lane]: 20, general: 9 }, testBeacon);
const { record } = draw;
const receipt = draw.receipt(lane, 7);
const { number: _, ...undrawn } = receipt;
const honest = { draw: record as unknown, proof: { proof: draw.proof(lane, 7) } as unknown };
const otherSeed = "ee".repeat(32);

let gateway: Server;
let url: string;
/** What the gateway answers; nothing is 404, a number that status. */
let answers: { draw?: unknown; proof?: unknown };
let asked: string[];
const folder = mkdtempSync(join(tmpdir(), "verify-draw-"));

beforeAll(async () => {
  gateway = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { pathname } = new URL(request.url ?? "", url);
    const isProof = pathname.endsWith(`/draw/proofs/${encodeURIComponent(lane)}/7`);
    const isDraw = pathname === `/v1/events/${record.eventId}/draw`;
    const answer = isProof ? answers.proof : isDraw ? answers.draw : undefined;
    const status = answer === undefined ? 404 : typeof answer === "number" ? answer : 200;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? {}));
  }).listen(0, "127.0.0.1");
  await once(gateway, "listening");
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
});
beforeEach(() => {
  answers = honest;
  asked = [];
});
afterAll(() => {
  gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

test("an honest draw passes every check and gives the number", async () => {
  const { code, output } = await verifyDraw([tokenOf({ ...receipt, commitment: record.commitment })]);
  expect(output).toBe(
    [
      "ok   the draw is of this event",
      "ok   the commitment is the one noted before the draw",
      "ok   the seed opens the commitment",
      "ok   the lane was drawn",
      "ok   the entry is in the list",
      "ok   the entry is of this identity",
      "ok   the draw gives the number of the receipt",
      `the draw gives entry 7 of ${lane} the number ${receipt.number}`,
      "",
    ].join("\n"),
  );
  expect(code).toBe(0);
});

test.each<[string, { draw?: unknown; proof?: unknown }, string]>([
  ["another seed", { draw: { ...record, seed: otherSeed } }, "the seed opens the commitment: it opens"],
  [
    "another seed with its commitment",
    { draw: { ...record, seed: otherSeed, commitment: commitmentOf(otherSeed) } },
    "the commitment is the one noted before the draw",
  ],
  [
    "another list",
    { draw: { ...record, lanes: record.lanes.map((drawn) => ({ ...drawn, root: otherSeed })) } },
    "the entry is of this identity",
  ],
  [
    "a list that ends before",
    { draw: { ...record, lanes: [{ ...record.lanes[0], entrants: 6 }] } },
    "the entry is in the list: the list ends at 6",
  ],
  ["a draw without the lane", { draw: { ...record, lanes: [] } }, "the lane was drawn"],
  ["the proof of another", { proof: { proof: draw.proof(lane, 8) } }, "the entry is of this identity"],
  ["no proof", { proof: undefined }, "the entry is of this identity"],
  ["a proof that is none", { proof: { proof: "trust us" } }, "the entry is of this identity"],
  ["another beacon", { draw: { ...record, beacon: null } }, "the draw gives the number of the receipt"],
  ["what is no record", { draw: { ...record, seed: "short" } }, "does not hold the record of a draw"],
  ["what is no JSON", { draw: "<html>" }, "does not hold the record of a draw"],
])("a gateway that answers %s is caught", async (_, rigged, line) => {
  answers = { ...honest, ...rigged };
  const { code, output } = await verifyDraw([tokenOf({ ...receipt, commitment: record.commitment })]);
  expect(output.split("\n").filter((printed) => printed.startsWith("FAIL"))).toEqual([
    expect.stringContaining(line),
  ]);
  expect(code).toBe(1);
});

test("the gateway's address may end with a slash", async () => {
  expect((await verifyDraw([tokenOf(receipt), "--url", `${url}/`])).code).toBe(0);
});

test("the gateway that `npm start` runs is found by its data folder", async () => {
  writeFileSync(join(folder, "addresses.json"), JSON.stringify({ HTTP_PORT: new URL(url).port }));
  expect((await verifyDraw([tokenOf(receipt), "--data", folder])).code).toBe(0);
});

test("a number that the room gave and the draw did not is caught", async () => {
  const { code, output } = await verifyDraw([tokenOf({ ...receipt, number: receipt.number + 1 })]);
  expect(output).toContain(`FAIL the draw gives the number of the receipt: it gives ${receipt.number}\n`);
  expect(code).toBe(1);
});

test.each([
  [
    "has only its commitment",
    undrawn,
    { eventId: record.eventId, commitment: record.commitment },
    "its seed is still secret",
  ],
  [
    "will never be of a place that came after the opening",
    { ...receipt, number: receipt.entry },
    { eventId: record.eventId, commitment: record.commitment },
    "the receipt has a number: a place that came after the opening is not drawn",
  ],
  [
    "is kept back from a receipt with a drawn number",
    { ...receipt, number: receipt.entry + 1 },
    { eventId: record.eventId, commitment: record.commitment },
    "its seed is still secret",
  ],
  ["is not known", receipt, undefined, "there is no draw of this event"],
])("a draw that %s is not held: 2", async (_, held, answer, line) => {
  answers = { draw: answer };
  const { code, output } = await verifyDraw([tokenOf(held)]);
  expect(output).toContain(line);
  expect(code).toBe(2);
  expect(asked).toHaveLength(1);
});

test("a saved answer is checked without a gateway, and what was not checked is said", async () => {
  const saved = join(folder, "draw.json");
  const held = join(folder, "receipt.jwt");
  writeFileSync(saved, JSON.stringify(record));
  writeFileSync(held, `${tokenOf(undrawn)}\n`);
  const { code, output } = await verifyDraw([held, "--draw", saved]);
  expect(output.split("\n").filter((line) => line.startsWith("--"))).toEqual([
    "--   the commitment is the one noted before the draw: not checked, no commitment",
    "--   the entry is of this identity: not checked, no proof",
    "--   the draw gives the number of the receipt: not checked, no number",
  ]);
  expect(output).toContain(`the number ${receipt.number}\n`);
  expect(code).toBe(0);
  expect(asked).toEqual([]);
});

test("the commitment that the buyer wrote down counts, not the one of the receipt", async () => {
  const token = tokenOf({ ...receipt, commitment: record.commitment });
  expect((await verifyDraw([token, "--commitment", record.commitment.toUpperCase()])).code).toBe(0);
  const { code, output } = await verifyDraw([token, "--commitment", commitmentOf(otherSeed)]);
  expect(output).toContain("FAIL the commitment is the one noted before the draw");
  expect(code).toBe(1);
});

test.each([
  ["what is no receipt", ["hello"]],
  ["a folder", [folder]],
  ["a saved answer that is not there", [tokenOf(receipt), "--draw", join(folder, "missing.json")]],
])("%s fails with one line and no stack", async (_, args) => {
  const { code, output, errors } = await verifyDraw(args);
  expect(output).toMatch(/^FAIL .+\n$/);
  expect(errors).toBe("");
  expect(code).toBe(1);
});

test.each([
  ["that is not there", "http://127.0.0.1:1", "fetch failed"],
  ["that is too busy", "", "answered 503"],
])("a gateway %s does not look like a forged draw: 3", async (_, elsewhere, reason) => {
  answers = { draw: 503 };
  const { code, output, errors } = await verifyDraw([tokenOf(receipt), "--url", elsewhere || url]);
  expect(output).toMatch(/^-- {3}nothing was checked, the gateway gave no answer: .+\n$/);
  expect(output).toContain(reason);
  expect(errors).toBe("");
  expect(code).toBe(3);
});

function tokenOf(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}

function verifyDraw(args: string[]): Promise<{ code: number; output: string; errors: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; output: string; errors: string }>();
  const isNamed = args.includes("--url") || args.includes("--data");
  const all = [onsale, "verify-draw", ...(isNamed ? [] : ["--url", url]), ...args];
  const child = execFile(process.execPath, all, (_, output, errors) =>
    resolve({ code: child.exitCode ?? -1, output, errors }),
  );
  return promise;
}
