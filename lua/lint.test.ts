import { describe, expect, test } from "vitest";
import { parseContract, readContracts } from "./contract.ts";
import { generate } from "./generate.ts";
import { lint } from "./lint.ts";

const header = `#!lua
-- Adds.
-- KEYS total list: what was added
-- ARGV step number: what is added
-- RETURNS number
local total, step = KEYS[1], tonumber(ARGV[1])
`;
const script = (body: string, head = header) => parseContract("sums/add-1.lua", `${head}${body}`);

describe("a script", () => {
  test("that does what its header says has no problems, and gets its typed wrapper", () => {
    const contract = script('return redis.call("RPUSH", total, step)');
    expect(lint(contract)).toEqual([]);
    expect(generate([contract])).toContain(
      "export function sumsAdd(redis: Redis, keys: { readonly total: string }, args: { readonly step: number }): Promise<number>",
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
    ["takes an argument later on", "return { step, ARGV[2] }", "ARGV is used elsewhere than once for each"],
    ["takes arguments by the count", "return #ARGV", "ARGV is used elsewhere than once for each"],
    ["takes all keys at once", "return unpack(KEYS)", "KEYS is used elsewhere than once for each"],
    [
      "takes a key inside a function",
      'return (function() return redis.call("GET", KEYS[2]) end)()',
      "KEYS is used elsewhere than once for each",
    ],
    ["builds a key", 'return redis.call("GET", total .. ":more")', "a key of GET is not one of KEYS"],
    ["writes a key down", 'return redis.call("GET", "total")', "a key of GET is not one of KEYS"],
    ["uses an argument as a key", 'return redis.call("GET", step)', "a key of GET is not one of KEYS"],
    [
      "hides a call in a function",
      'local function read(name) return redis.call("GET", name) end\nreturn read("x")',
      "a key of GET is not one of KEYS",
    ],
    [
      "builds a key under a key's name",
      'total = total .. ":more"\nreturn redis.call("GET", total)',
      "the name total is given another meaning",
    ],
    [
      "hides a key behind a parameter of a key's name",
      'local function read(total) return redis.call("GET", total) end\nreturn read("x")',
      "the name total is given another meaning",
    ],
    [
      "hides a key behind a loop's variable",
      'for _, total in ipairs({ "x" }) do redis.call("GET", total) end',
      "the name total is given another meaning",
    ],
    ["builds a second key", 'return redis.call("DEL", total, "more")', "a key of DEL is not one of KEYS"],
    [
      "uses a command whose keys stand elsewhere",
      'return redis.call("RENAME", total, "more")',
      "the command RENAME is not one whose keys are known",
    ],
    [
      "uses a command that is not written out",
      "return redis.call(step, total)",
      "the command (not written out) is not one whose keys are known",
    ],
    [
      "calls Redis under another name",
      'local call = redis.call\nreturn call("GET", "x")',
      "redis is used for something else",
    ],
    [
      "calls Redis by another way of writing it",
      'return redis["call"]("GET", "x") + redis.call "PING"',
      "redis is used for something else",
    ],
    ["replaces what Redis gives", "local redis = 1\nreturn redis", "the name redis is given another meaning"],
    ["is not Lua", "return ((", "expected near '<eof>'"],
    ["returns a text that its header does not name", 'return "lost"', "the header has no result lost"],
    [
      "returns a list whose code its header does not name",
      'return { "lost", step }',
      "the header has no result lost",
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

  const answering = (returns: string, results: string) =>
    header.replace("-- RETURNS number\n", `-- RETURNS ${returns}\n${results}`);
  const misled: [string, string, string, string][] = [
    ["type names a result that is not explained", '"added"', "", "the result added has no RESULTS line"],
    ["type names a result that never comes", '"added"', "", "the result added is never returned"],
    [
      "explanations name another result",
      "number",
      "-- RESULTS lost: gone\n",
      "RETURNS does not name the result lost",
    ],
  ];
  test.each(misled)("whose header's %s is found out", (_what, returns, results, problem) => {
    expect(lint(script("return 1", answering(returns, results))).join()).toContain(problem);
  });

  test("whose results are those of its header has no problems", () => {
    const head = answering(
      '["added", number] | "same"',
      "-- RESULTS added: the sum\n-- RESULTS same: nothing to add\n",
    );
    const body = 'if step == 0 then return "same" end\nreturn { "added", redis.call("RPUSH", total, step) }';
    expect(lint(script(body, head))).toEqual([]);
  });

  const refused: [string, string, string, string][] = [
    ["no #!lua", "sums/add-1.lua", header.replace("#!lua\n", ""), "the first line must be #!lua"],
    ["a wrong count of keys in its name", "sums/add-2.lua", header, "the name says 2 keys, the header 1"],
    ["no name of our kind", "sums/Add.lua", header, "named like seats/claim-5.lua"],
    ["no RETURNS", "sums/add-1.lua", header.replace("-- RETURNS number\n", ""), "no RETURNS"],
    ["no purpose", "sums/add-1.lua", header.replace("-- Adds.\n", ""), "does not say what the script does"],
    [
      "a result without a meaning",
      "sums/add-1.lua",
      header.replace("-- RETURNS number", "-- RETURNS number\n-- RESULTS 1:"),
      "not a header line",
    ],
    [
      "a key without a meaning",
      "sums/add-1.lua",
      header.replace(": what was added", ""),
      "not a header line",
    ],
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
