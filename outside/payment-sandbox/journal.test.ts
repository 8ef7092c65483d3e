import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Entry } from "./entries.ts";
import { openJournal } from "./journal.ts";

function folderForThisTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "onsale-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const done = (webhookId: string): Entry => ({ type: "webhook_done", webhookId, delivered: true });

function write(folder: string, ...entries: Entry[]): void {
  const journal = openJournal(folder, () => {});
  journal.append(...entries);
  journal.close();
}

function read(folder: string): Entry[] {
  const entries: Entry[] = [];
  openJournal(folder, (entry) => entries.push(entry)).close();
  return entries;
}

test("a journal gives back what was written, in order, with what belongs together", () => {
  const folder = folderForThisTest();
  write(folder, done("1"), done("2"));
  write(folder, done("3"));
  expect(read(folder)).toEqual([done("1"), done("2"), done("3")]);
});

test("a line that a crash has cut is dropped, and takes nothing that comes after it", () => {
  const folder = folderForThisTest();
  write(folder, done("1"));
  appendFileSync(join(folder, "journal.jsonl"), '[{"type":"webhook_done","webho');
  write(folder, done("3"));
  expect(read(folder)).toEqual([done("1"), done("3")]);
});

test("what is appended together is read back whole, also where it is more than the file is read in at once", async () => {
  const folder = folderForThisTest();
  const journal = openJournal(folder, () => {});
  const ids = Array.from({ length: 30_000 }, (_, index) => `é${index}`);
  for (const id of ids) journal.append(done(id));
  await journal.flushed();
  expect(read(folder)).toEqual(ids.map(done));
  journal.close();
});

test("what is appended loosely is waited for by nobody, and is on disk soon, or before what comes after it", async () => {
  const folder = folderForThisTest();
  const journal = openJournal(folder, () => {});
  journal.appendLoosely(done("1"));
  await journal.flushed();
  expect(read(folder)).toEqual([]);
  await waitFor(() => read(folder).length === 1, { what: "the first entry" });
  journal.appendLoosely(done("2"));
  journal.append(done("3"));
  await journal.flushed();
  expect(read(folder)).toEqual(["1", "2", "3"].map(done));
  journal.appendLoosely(done("4"));
  journal.close();
  expect(read(folder)).toEqual(["1", "2", "3", "4"].map(done));
});
