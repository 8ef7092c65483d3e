import { describe, expect, test } from "vitest";
import { parseContract, readContracts } from "./contract.ts";
import { generate } from "./generate.ts";
import { lint } from "./lint.ts";

const header = `#!lua
-- Adds.
-- KEYS total string: the sum
-- ARGV step number: what is added
-- RETURNS number
local total, step = KEYS[1], tonumber(ARGV[1])
`;
const script = (body: string, head = header) => parseContract("sums/add-1.lua", `${head}${body}`);

describe("a script", () => {
  test("that does what its header says has no problems, and gets its typed wrapper", () => {
    const contract = script('return redis.call("INCRBY", total, step)');
    expect(lint(contract)).toEqual([]);
    expect(generate([contract])).toContain(
      "export async function sumsAdd(redis: Redis, keys: { readonly total: string }, args: { readonly step: number }): Promise<number>",
    );
  });

  const broken: [string, string, string][] = [
    [
      "takes a key that its header does not name",
      'local other = KEYS[2]\nreturn redis.call("GET", other)',
      "the script takes total, other",
    ],
    [
      "takes an argument that its header does not name",
      "local more = ARGV[2]\nreturn more",
      "the script takes step, more",
    ],
    [
      "builds a key",
      'return redis.call("GET", total .. ":more")',
      "a Redis command's key is not one of KEYS",
    ],
    ["writes a key down", 'return redis.call("GET", "total")', "a Redis command's key is not one of KEYS"],
    [
      "uses an argument as a key",
      'return redis.call("GET", step)',
      "a Redis command's key is not one of KEYS",
    ],
    [
      "hides a call in a function",
      'local function read(name) return redis.call("GET", name) end\nreturn read("x")',
      "a Redis command's key is not one of KEYS",
    ],
    ["leaks a variable", "sum = 1\nreturn sum", "the global sum is not known"],
    ["reaches for the system", "return os.time()", "the global os is not known"],
  ];
  test.each(broken)("that %s is found out", (_what, body, problem) => {
    expect(lint(script(body)).join()).toContain(problem);
  });

  test("that does not take a declared key is found out", () => {
    const lazy = header.replace(
      "local total, step = KEYS[1], tonumber(ARGV[1])",
      "local step = tonumber(ARGV[1])",
    );
    expect(lint(script("return step", lazy)).join()).toContain(
      "the header names KEYS total, the script takes none",
    );
  });

  test("that takes its keys in another order than declared is found out", () => {
    const swapped = `#!lua\n-- Moves.\n-- KEYS from string: a\n-- KEYS to string: b\n-- RETURNS number\nlocal to, from = KEYS[1], KEYS[2]\nreturn 1`;
    expect(lint(parseContract("sums/move-2.lua", swapped)).join()).toContain("the script takes to, from");
  });

  const refused: [string, string, string, string][] = [
    ["no #!lua", "sums/add-1.lua", header.replace("#!lua\n", ""), "the first line must be #!lua"],
    ["a wrong count of keys in its name", "sums/add-2.lua", header, "the name says 2 keys, the header 1"],
    ["no name of our kind", "sums/Add.lua", header, "named like seats/claim-5.lua"],
    ["no RETURNS", "sums/add-1.lua", header.replace("-- RETURNS number\n", ""), "no RETURNS"],
    ["no purpose", "sums/add-1.lua", header.replace("-- Adds.\n", ""), "does not say what the script does"],
    ["a key without a meaning", "sums/add-1.lua", header.replace(": the sum", ""), "not a header line"],
  ];
  test.each(refused)("with %s is refused", (_what, file, source, problem) => {
    expect(() => parseContract(file, source)).toThrow(problem);
  });
});

test("every script of the project keeps to its header", () => {
  const contracts = readContracts();
  expect(contracts.length).toBeGreaterThan(10);
  expect(contracts.flatMap(lint)).toEqual([]);
});
