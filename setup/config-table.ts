/** Writes the table of settings into README.md from the one schema; with `--check` it only says whether it is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { describeConfig } from "../foundation/config.ts";
import { root } from "./sources.ts";

const readme = `${root}README.md`;
const [begin, end] = ["<!-- config:begin -->", "<!-- config:end -->"];

const text = readFileSync(readme, "utf8");
const [before, rest] = text.split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined)
  throw new Error(`README.md has lost its marks ${begin} and ${end}`);
const wanted = `${before}${begin}\n${table()}\n${end}${after}`;

if (!process.argv.includes("--check")) writeFileSync(readme, wanted);
else if (text !== wanted) {
  process.stderr.write(
    "README.md's table of settings is not what foundation/config.ts says; run: npm run check -- --fix\n",
  );
  process.exitCode = 1;
}

function table(): string {
  const rows = describeConfig().map(
    ({ name, defaultText, description }) =>
      `| \`${name}\` | ${defaultText.replaceAll("|", "\\|")} | ${description} |`,
  );
  return ["| variable | default | meaning |", "|---|---|---|", ...rows].join("\n");
}
