/** Holds every script to its header: see `lint` for the rules. `node lua/lint.ts` prints what is wrong. */
import { fileURLToPath } from "node:url";
import { type Argument, type Contract, readContracts } from "./contract.ts";
import { bindingsOf, globalsOf, type Node, nameOf, nodesOf, parseLua, textOf } from "./syntax-tree.ts";

/** What Redis gives a script, as far as we use it. */
const knownGlobals = new Set([
  ...["KEYS", "ARGV", "redis", "cjson", "string", "table", "math", "bit", "struct"],
  ...["tonumber", "tostring", "ipairs", "pairs", "type", "unpack"],
]);

/** The commands that scripts use, by where their keys stand. A script that needs another one adds it here. */
const keysOfCommands = {
  first: new Set([
    ...["GET", "SET", "GETRANGE", "SETRANGE", "PEXPIRE", "RPUSH", "LRANGE", "LLEN", "LTRIM", "SPUBLISH"],
    ...["HGET", "HMGET", "HGETALL", "HSET", "HSETNX", "HDEL", "HINCRBY", "HEXISTS", "HLEN"],
    ...["ZADD", "ZREM", "ZRANGE", "ZSCORE", "ZCARD", "ZREMRANGEBYSCORE"],
  ]),
  all: new Set(["DEL", "EXISTS"]),
  none: new Set(["INFO", "LASTSAVE", "CLUSTER", "TIME"]),
};

/**
 * The rules: every key and argument of the header is taken once, at the top, under its own name and in its order;
 * a key's name means nothing else; no other global is used; every Redis command stands there with its name, and its
 * keys are those names, so that no key is built inside; what is answered is what the header says.
 */
export function lint(contract: Contract): string[] {
  const { file, source } = contract;
  try {
    const body = parseLua(source);
    const rules = [argumentProblems, globalProblems, commandProblems, resultProblems];
    return rules.flatMap((rule) => rule(contract, body)).map((problem) => `${file}: ${problem}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [`${file}: ${error.message}`];
  }
}

function argumentProblems({ keys, args }: Contract, body: readonly Node[]): string[] {
  const globals = globalsOf(body);
  return [
    ...takingProblems("KEYS", namesOf(keys), takenNames("KEYS", body), globals),
    ...takingProblems("ARGV", namesOf(args), takenNames("ARGV", body), globals),
  ];
}

function namesOf(declared: readonly Argument[]): string[] {
  return declared.map(({ name }) => name);
}

function takingProblems(
  kind: "KEYS" | "ARGV",
  declared: readonly string[],
  taken: readonly (string | undefined)[],
  globals: readonly string[],
): string[] {
  const wanted = declared.join(", ");
  const found = Array.from(taken, (name) => name ?? "nothing").join(", ");
  const isElsewhere = globals.filter((name) => name === kind).length !== taken.length;
  return [
    ...(wanted === found
      ? []
      : [`the header names ${kind} ${wanted || "none"}, the script takes ${found || "none"}`]),
    ...(isElsewhere ? [`${kind} is used elsewhere than once for each at the top`] : []),
  ];
}

/** By position, the local names that `local name = KEYS[1]` and `local name = tonumber(ARGV[1])` give. */
function takenNames(kind: "KEYS" | "ARGV", body: readonly Node[]): (string | undefined)[] {
  const taken: (string | undefined)[] = [];
  for (const statement of body) {
    if (statement.type !== "LocalStatement") continue;
    const variables = statement["variables"] as Node[];
    for (const [index, value] of (statement["init"] as Node[]).entries()) {
      const position = positionIn(kind, value);
      if (position !== undefined) taken[position - 1] = nameOf(variables[index] as Node);
    }
  }
  return taken;
}

/** Of `KEYS[1]`, or the same inside a conversion. */
function positionIn(kind: "KEYS" | "ARGV", value: Node): number | undefined {
  const [converted] = value.type === "CallExpression" ? (value["arguments"] as Node[]) : [];
  if (converted !== undefined) return positionIn(kind, converted);
  const index = value["index"] as Node | undefined;
  const isTaken = value.type === "IndexExpression" && nameOf(value["base"] as Node) === kind;
  return isTaken && index?.type === "NumericLiteral" ? Number(index["value"]) : undefined;
}

function globalProblems({ keys }: Contract, body: readonly Node[]): string[] {
  const bindings = bindingsOf(body);
  const again = namesOf(keys).filter((name) => bindings.filter((bound) => bound === name).length > 1);
  return [
    ...globalsOf(body)
      .filter((name) => !knownGlobals.has(name))
      .map((name) => `the global ${name} is not known`),
    ...bindings
      .filter((name) => knownGlobals.has(name))
      .map((name) => `the name ${name} is given another meaning`),
    ...again.map((name) => `the name ${name} is given another meaning`),
  ];
}

function commandProblems({ keys }: Contract, body: readonly Node[]): string[] {
  const names = new Set(namesOf(keys));
  const calls = nodesOf("CallExpression", body).filter(isRedisCall);
  const isElsewhere = globalsOf(body).filter((name) => name === "redis").length !== calls.length;
  return [
    ...(isElsewhere ? ["redis is used for something else than redis.call and redis.pcall"] : []),
    ...calls.flatMap((call) => callProblems(call["arguments"] as Node[], names)),
  ];
}

function isRedisCall(node: Node): boolean {
  const base = node["base"] as Node;
  if (base.type !== "MemberExpression" || nameOf(base["base"] as Node) !== "redis") return false;
  return ["call", "pcall"].includes(nameOf(base["identifier"] as Node));
}

function callProblems([command, ...rest]: readonly Node[], names: ReadonlySet<string>): string[] {
  const name = textOf(command) ?? "(not written out)";
  const { first, all, none } = keysOfCommands;
  if (none.has(name)) return [];
  if (!first.has(name) && !all.has(name)) return [`the command ${name} is not one whose keys are known`];
  const keys = all.has(name) ? rest : rest.slice(0, 1);
  const areKnown =
    keys.length > 0 && keys.every((key) => key.type === "Identifier" && names.has(nameOf(key)));
  return areKnown ? [] : [`a key of ${name} is not one of KEYS`];
}

/** Codes stand in quotes in the type that the header RETURNS, have a line in RESULTS, and are what is returned. */
function resultProblems({ returns, results }: Contract, body: readonly Node[]): string[] {
  const typed = [...returns.matchAll(/"(\w+)"/g)].map(([, code = ""]) => code);
  const words = new Set(returns.match(/\w+/g));
  const written = new Set(nodesOf("StringLiteral", body).map(textOf));
  const returned = nodesOf("ReturnStatement", body).flatMap(returnedCode);
  return [
    ...typed
      .filter((code) => !results.includes(code))
      .map((code) => `the result ${code} has no RESULTS line`),
    ...typed.filter((code) => !written.has(code)).map((code) => `the result ${code} is never returned`),
    ...results.filter((code) => !words.has(code)).map((code) => `RETURNS does not name the result ${code}`),
    ...returned.filter((code) => !typed.includes(code)).map((code) => `the header has no result ${code}`),
  ];
}

/** `return "code"` and `return { "code", … }`. */
function returnedCode(statement: Node): string[] {
  const [value] = statement["arguments"] as Node[];
  const [field] = value?.type === "TableConstructorExpression" ? (value["fields"] as Node[]) : [];
  const code = textOf(field?.type === "TableValue" ? (field["value"] as Node) : value);
  return code === undefined ? [] : [code];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = readContracts().flatMap(lint);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
