import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Argument, type Contract, readContracts } from "./contract.ts";

/** Writes `generated.ts` from the scripts' headers; with `--check` it only says whether it is up to date. */
const target = fileURLToPath(new URL("./generated.ts", import.meta.url));

export function generate(contracts: readonly Contract[]): string {
  const head = [
    "// Written by lua/generate.ts from the headers of the scripts. Do not edit: npm run check -- --fix",
    'import type { Redis } from "../foundation/redis/connect.ts";',
    'import { loadScript, runScript } from "./run-script.ts";',
  ];
  return `${[...head, ...contracts.map(wrapper)].join("\n")}\n`;
}

function wrapper(contract: Contract): string {
  const { functionName, keys, args, returns, purpose, file } = contract;
  const script = `${functionName}Script`;
  const keyList = keys.map((key) => `keys.${key.name}`).join(", ");
  const argList = args.map((argument) => `args.${argument.name}`).join(", ");
  const parameters = [
    "redis: Redis",
    `keys: ${typeOf(keys, "string")}`,
    ...(args.length > 0 ? [`args: ${typeOf(args)}`] : []),
  ];
  return [
    "",
    `const ${script} = loadScript(${JSON.stringify(file)});`,
    `/** ${purpose} */`,
    `export function ${functionName}(${parameters.join(", ")}): Promise<${returns}> {`,
    `  return runScript(redis, ${script}, [${keyList}], [${argList}]) as Promise<${returns}>;`,
    "}",
  ].join("\n");
}

function typeOf(names: readonly Argument[], type?: string): string {
  return `{ ${names.map((name) => `readonly ${name.name}: ${type ?? scriptType(name)}`).join("; ")} }`;
}

/** Numbers and text as they are; anything structured is text that the caller has encoded. */
function scriptType(argument: Argument): string {
  return argument.type === "number" ? "number" : "string";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = generate(readContracts());
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) {
    process.stderr.write("lua/generated.ts is not what the headers say; run: npm run check -- --fix\n");
    process.exitCode = 1;
  }
}
