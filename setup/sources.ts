import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Source = { readonly path: string; readonly text: string };

export const root = fileURLToPath(new URL("../", import.meta.url));

/** The files of the project with one of these endings: known to git, or new and not ignored. */
export function readSources(...endings: readonly string[]): Source[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  return listed
    .split("\n")
    .filter((path) => endings.some((ending) => path.endsWith(ending)) && existsSync(`${root}${path}`))
    .map((path) => ({ path, text: readFileSync(`${root}${path}`, "utf8") }));
}

/** Prints the problems and sets the exit code. */
export function report(problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
