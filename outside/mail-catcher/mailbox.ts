import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CaughtMail } from "./parse-mail.ts";

export type Mailbox = { readonly mails: readonly CaughtMail[]; add(mail: CaughtMail): void };

/** The newest that are kept; older ones go, in memory at once and in the file at the next start. */
const mailsMost = 1_000;

export function openMailbox(folder: string): Mailbox {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/mails.jsonl`;
  const mails = existsSync(path) ? readMails(readFileSync(path, "utf8")).slice(-mailsMost) : [];
  writeFileSync(path, mails.map((mail) => `${JSON.stringify(mail)}\n`).join(""));
  return {
    mails,
    add: (mail) => {
      appendFileSync(path, `${JSON.stringify(mail)}\n`);
      mails.push(mail);
      if (mails.length > mailsMost) mails.shift();
    },
  };
}

function readMails(text: string): CaughtMail[] {
  // What stands behind the last line break was cut by a crash.
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CaughtMail);
}
