/** `npm run check`: everything that can be said of the sources without running them, side by side. `-- --fix` mends what it can. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

type Step = { readonly name: string; readonly check: string; readonly fix?: string; readonly mend: string };

const fixHint = "npm run check -- --fix";

const steps: readonly Step[] = [
  {
    name: "format",
    check: "biome check --error-on-warnings --max-diagnostics=8 --reporter=summary .",
    fix: "biome check --write .",
    mend: fixHint,
  },
  { name: "Lua format", check: "stylua --check lua", fix: "stylua lua", mend: fixHint },
  { name: "types", check: "tsc -p .", mend: "mend what tsc says" },
  { name: "lint", check: "oxlint --type-aware --deny-warnings", mend: "mend what oxlint says" },
  {
    name: "import rules",
    check: "node setup/import-rules.ts",
    mend: "imports point one way: see ARCHITECTURE.md",
  },
  { name: "tidy", check: "node setup/tidy.ts", mend: "see CONTRIBUTING.md" },
  { name: "dead code", check: "knip --no-progress", mend: "delete what nobody uses" },
  { name: "Lua wrappers", check: "node lua/generate.ts --check", fix: "node lua/generate.ts", mend: fixHint },
  { name: "Lua contracts", check: "node lua/lint.ts", mend: "mend the script or its header" },
  {
    name: "errors' page",
    check: "node gateway/errors-doc.ts --check",
    fix: "node gateway/errors-doc.ts",
    mend: fixHint,
  },
  {
    name: "settings' table",
    check: "node setup/config-table.ts --check",
    fix: "node setup/config-table.ts",
    mend: fixHint,
  },
];

const root = fileURLToPath(new URL("../", import.meta.url));
const fixing = process.argv.includes("--fix");
const startedAt = performance.now();

if (fixing) for (const step of steps) if (step.fix !== undefined) await run(step.fix);
const results = await Promise.all(steps.map(async (step) => ({ step, ...(await run(step.check)) })));

for (const { step, ok, output } of results) {
  if (ok) continue;
  process.stderr.write(`\n✗ ${step.name} (${step.check})\n${output}\n  → ${step.mend}\n`);
}
const failed = results.filter((result) => !result.ok);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
const names = failed.map((result) => result.step.name).join(", ");
process.stderr.write(
  failed.length === 0 ? `✓ ${steps.length} checks (${seconds} s)\n` : `\n✗ ${names} (${seconds} s)\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

function run(command: string): Promise<{ ok: boolean; output: string }> {
  const [name = "", ...args] = command.split(" ");
  const isOurs = name === "node";
  const child = spawn(isOurs ? process.execPath : `${root}node_modules/.bin/${name}`, args, {
    cwd: root,
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env["PATH"] ?? ""}`, NO_COLOR: "1" },
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ ok: false, output: error.message }));
    child.once("close", (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString() }));
  });
}
