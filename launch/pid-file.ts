import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { endProcess, formatMark, isRunning, type ProcessMark, parseMark } from "./process-mark.ts";

const leftoverGraceMs = 10_000;

/** Notes a process, so that a later start finds it if its owner is killed. Gives what forgets it again. */
export function notePid(folder: string, name: string, mark: ProcessMark): () => void {
  mkdirSync(folder, { recursive: true });
  const file = pidFileOf(folder, name);
  writeFileSync(file, formatMark(mark));
  return () => rmSync(file, { force: true });
}

/** Ends a process that an earlier, killed owner left behind. */
export async function endLeftover(folder: string, name: string, signal: NodeJS.Signals): Promise<void> {
  const file = pidFileOf(folder, name);
  if (!existsSync(file)) return;
  const mark = parseMark(readFileSync(file, "utf8"));
  if (mark !== undefined && isRunning(mark)) await endProcess(mark, { signal, graceMs: leftoverGraceMs });
  rmSync(file, { force: true });
}

function pidFileOf(folder: string, name: string): string {
  return `${folder}/${name}.pid`;
}
