/**
 * Ends processes whose owner died without ending them (kill -9, a crash). It reads lines `pid start-mark` from its
 * standard input, which closes when the owner is gone, however it went; then it ends those that are still the
 * same ones, the last started first: what uses a server goes before the server.
 */
import { createInterface } from "node:readline";
import { endProcess, type ProcessMark, parseMark } from "./process-mark.ts";

process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

const watched: ProcessMark[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  const mark = parseMark(line);
  if (mark !== undefined) watched.push(mark);
}
// SIGINT is an orderly and quick end for Redis, Postgres and our own processes alike.
for (const mark of watched.reverse()) await endProcess(mark, { signal: "SIGINT", graceMs: 4_000 });
