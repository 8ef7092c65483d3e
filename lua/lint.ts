/** Holds every script to its header: see `lint` for the rules. `node lua/lint.ts` prints what is wrong. */
import { fileURLToPath } from "node:url";
import luaparse from "luaparse";
import { type Contract, readContracts } from "./contract.ts";

/** What Redis gives a script, as far as we use it. */
const knownGlobals = new Set([
  "KEYS",
  "ARGV",
  "redis",
  "cjson",
  "string",
  "table",
  "math",
  "tonumber",
  "tostring",
  "ipairs",
  "pairs",
  "type",
  "unpack",
]);

type Node = { readonly type: string } & Readonly<Record<string, unknown>>;

/**
 * The rules: every key and argument of the header is taken at the top, under its own name and in its order; no
 * other global is used; every Redis command's key is one of those names, so that no key is built inside.
 */
export function lint(contract: Contract): string[] {
  const { file, source, keys, args } = contract;
  const tree = luaparse.parse(source.replace(/^#!.*/, ""), {
    scope: true,
    luaVersion: "5.1",
  }) as unknown as Node & { globals: Node[] };
  const problems: string[] = [];
  const taken = takenArguments(tree);
  problems.push(
    ...differences(
      "KEYS",
      keys.map((key) => key.name),
      taken.KEYS,
    ),
  );
  problems.push(
    ...differences(
      "ARGV",
      args.map((argument) => argument.name),
      taken.ARGV,
    ),
  );
  for (const { name } of tree.globals)
    if (!knownGlobals.has(String(name))) problems.push(`the global ${String(name)} is not known`);
  const names = new Set(taken.KEYS);
  for (const call of redisCalls(tree)) {
    const key = (call["arguments"] as Node[])[1];
    if (key !== undefined && !(key.type === "Identifier" && names.has(String(key["name"]))))
      problems.push("a Redis command's key is not one of KEYS");
  }
  return problems.map((problem) => `${file}: ${problem}`);
}

function differences(
  kind: "KEYS" | "ARGV",
  declared: readonly string[],
  taken: readonly (string | undefined)[],
): string[] {
  const wanted = declared.join(", ");
  const found = Array.from(taken, (name) => name ?? "nothing").join(", ");
  return wanted === found
    ? []
    : [`the header names ${kind} ${wanted || "none"}, the script takes ${found || "none"}`];
}

/** By position, the local names that `local name = KEYS[1]` and `local name = tonumber(ARGV[1])` give. */
function takenArguments(tree: Node): Record<"KEYS" | "ARGV", (string | undefined)[]> {
  const taken: Record<"KEYS" | "ARGV", (string | undefined)[]> = { KEYS: [], ARGV: [] };
  for (const statement of tree["body"] as Node[]) {
    if (statement.type !== "LocalStatement") continue;
    const variables = statement["variables"] as Node[];
    for (const [index, value] of (statement["init"] as Node[]).entries()) {
      const argument = argumentOf(value);
      if (argument !== undefined)
        taken[argument.kind][argument.index - 1] = String(variables[index]?.["name"]);
    }
  }
  return taken;
}

/** `KEYS[1]`, or the same inside a conversion. */
function argumentOf(value: Node): { kind: "KEYS" | "ARGV"; index: number } | undefined {
  const [converted] = value.type === "CallExpression" ? (value["arguments"] as Node[]) : [];
  if (converted !== undefined) return argumentOf(converted);
  if (value.type !== "IndexExpression") return undefined;
  const kind = (value["base"] as Node)["name"];
  return kind === "KEYS" || kind === "ARGV"
    ? { kind, index: Number((value["index"] as Node)["value"]) }
    : undefined;
}

function redisCalls(node: unknown): Node[] {
  if (Array.isArray(node)) return node.flatMap(redisCalls);
  if (typeof node !== "object" || node === null) return [];
  const children = Object.values(node).flatMap(redisCalls);
  return isRedisCall(node as Node) ? [node as Node, ...children] : children;
}

function isRedisCall(node: Node): boolean {
  const base = node["base"] as Node | undefined;
  if (node.type !== "CallExpression" || base?.type !== "MemberExpression") return false;
  return (
    (base["base"] as Node)["name"] === "redis" &&
    ["call", "pcall"].includes(String((base["identifier"] as Node)["name"]))
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = readContracts().flatMap(lint);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
