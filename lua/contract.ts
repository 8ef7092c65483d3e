import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readScript } from "./source.ts";

export type Argument = { readonly name: string; readonly type: string };

/** What a script's header promises; the typed wrapper is written from it and a test holds the script to it. */
export type Contract = {
  /** Path below `lua/`. */
  readonly file: string;
  /** `roomJoin` for `room/join-4.lua`. */
  readonly functionName: string;
  readonly purpose: string;
  readonly keys: readonly Argument[];
  readonly args: readonly Argument[];
  /** A TypeScript type. */
  readonly returns: string;
  /** The codes that have a meaning written down. */
  readonly results: readonly string[];
  readonly source: string;
};

const folder = fileURLToPath(new URL("./", import.meta.url));

export function readContracts(): Contract[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const parts = folders.filter(({ name }) => name !== "includes");
  const files = parts.flatMap((part) =>
    readdirSync(`${folder}${part.name}`).map((name) => `${part.name}/${name}`),
  );
  return files.sort().map((file) => parseContract(file, readScript(file)));
}

export function parseContract(file: string, source: string): Contract {
  const name = /^([a-z]+)\/([a-z]+(?:-[a-z]+)*)-(\d+)\.lua$/.exec(file);
  if (name === null)
    throw new Error(`${file}: a script is named like seats/claim-5.lua, with its count of keys`);
  const [first = "", ...lines] = source.split("\n");
  if (!/^#!lua( flags=[a-z,-]+)?$/.test(first))
    throw new Error(`${file}: the first line must be #!lua or #!lua flags=…`);
  const header = lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith("--")),
    )
    .map((line) => line.slice(2).trim());
  const keys = argumentsOf(header, "KEYS");
  const args = argumentsOf(header, "ARGV");
  if (keys.length !== Number(name[3]))
    throw new Error(`${file}: the name says ${name[3]} keys, the header ${keys.length}`);
  const returns = header.find((line) => line.startsWith("RETURNS "))?.slice("RETURNS ".length);
  if (returns === undefined) throw new Error(`${file}: the header has no RETURNS`);
  const purpose = header
    .slice(
      0,
      header.findIndex((line) => /^(KEYS|ARGV|RETURNS) /.test(line)),
    )
    .join(" ");
  if (purpose === "") throw new Error(`${file}: the header does not say what the script does`);
  const results = resultsOf(header);
  const functionName = camel(`${name[1]}-${name[2]}`);
  return { file, functionName, purpose, keys, args, returns, results, source };
}

/** Lines like `KEYS seats string: one byte a seat`. */
function argumentsOf(header: readonly string[], kind: "KEYS" | "ARGV"): Argument[] {
  return header
    .filter((line) => line.startsWith(`${kind} `))
    .map((line) => {
      const parts = /^(?:KEYS|ARGV) ([a-z][A-Za-z]*) ([a-z]+): ./.exec(line);
      if (parts === null) throw new Error(`not a header line: ${line}`);
      return { name: parts[1] ?? "", type: parts[2] ?? "" };
    });
}

/** Lines like `RESULTS sold_out: how many are free`. */
function resultsOf(header: readonly string[]): string[] {
  return header
    .filter((line) => line.startsWith("RESULTS "))
    .map((line) => {
      const code = /^RESULTS (\w+): ./.exec(line)?.[1];
      if (code === undefined) throw new Error(`not a header line: ${line}`);
      return code;
    });
}

function camel(text: string): string {
  return text.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
