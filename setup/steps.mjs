import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** What a person can mend: shown as its sentence alone. */
export class SetupError extends Error {}

/** Runs one step. `work` gives true where there was nothing to do: then the step is not worth a line. */
export async function step(sentence, work) {
  const startedAt = performance.now();
  const nothingToDo = await work();
  if (nothingToDo !== true) process.stderr.write(`  ${sentence} (${seconds(startedAt)} s)\n`);
}

/** Shows that long work goes on: a line each ten seconds. */
export async function withProgress(sentence, work) {
  const startedAt = performance.now();
  process.stderr.write(`  ${sentence} …\n`);
  const timer = setInterval(() => process.stderr.write(`  … ${seconds(startedAt)} s\n`), 10_000);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  process.stderr.write(`  done (${seconds(startedAt)} s)\n`);
}

/** Two set-ups of one checkout would trample each other: the second waits for the first, or for its death. */
export async function alone(root, work) {
  const lock = `${root}.setup-lock`;
  while (!take(lock)) {
    if (!isAlive(ownerOf(lock))) rmSync(lock, { recursive: true, force: true });
    else await pause(200);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Making a folder is atomic: one of several succeeds. */
function take(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(`${lock}/pid`, String(process.pid));
  return true;
}

function ownerOf(lock) {
  try {
    return Number(readFileSync(`${lock}/pid`, "utf8"));
  } catch {
    // Taken this very moment, and the pid is not written yet.
    return process.pid;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function seconds(startedAt) {
  return ((performance.now() - startedAt) / 1_000).toFixed(1);
}
