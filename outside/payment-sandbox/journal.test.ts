import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Entry, openJournal } from "./journal.ts";

function folderForThisTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "onsale-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const done = (webhookId: string): Entry => ({ type: "webhook_done", webhookId, delivered: true });

function write(folder: string, ...entries: Entry[]): void {
  const journal = openJournal(folder);
  journal.append(...entries);
  journal.close();
}

test("a journal gives back what was written, in order, with what belongs together", () => {
  const folder = folderForThisTest();
  write(folder, done("1"), done("2"));
  write(folder, done("3"));
  expect(openJournal(folder).entries).toEqual([done("1"), done("2"), done("3")]);
});

test("a line that a crash has cut is dropped, and takes nothing that comes after it", () => {
  const folder = folderForThisTest();
  write(folder, done("1"));
  appendFileSync(join(folder, "journal.jsonl"), '[{"type":"webhook_done","webho');
  write(folder, done("3"));
  expect(openJournal(folder).entries).toEqual([done("1"), done("3")]);
});
