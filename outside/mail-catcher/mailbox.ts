import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { CaughtMail } from "./parse-mail.ts";

export type Mailbox = { readonly mails: readonly CaughtMail[]; add(mail: CaughtMail): void };

/** The newest that are kept. */
const mailsMost = 1_000;

export function openMailbox(folder: string): Mailbox {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/mails.jsonl`;
  const mails = existsSync(path) ? readMails(readFileSync(path, "utf8")).slice(-mailsMost) : [];
  rewrite(path, mails);
  let lines = mails.length;
  return {
    mails,
    add: (mail) => {
      appendFileSync(path, lineOf(mail));
      lines += 1;
      mails.push(mail);
      if (mails.length > mailsMost) mails.shift();
      if (lines < mailsMost * 2) return;
      rewrite(path, mails);
      lines = mails.length;
    },
  };
}

/** Beside the old file first: a crash in the middle leaves the old one. */
function rewrite(path: string, mails: readonly CaughtMail[]): void {
  writeFileSync(`${path}.new`, mails.map(lineOf).join(""));
  renameSync(`${path}.new`, path);
}

function lineOf(mail: CaughtMail): string {
  return `${JSON.stringify(mail)}\n`;
}

function readMails(text: string): CaughtMail[] {
  // What stands behind the last line break was cut by a crash.
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CaughtMail);
}
