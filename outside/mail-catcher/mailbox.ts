import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { CaughtMail } from "./parse-mail.ts";

export type KeptMail = CaughtMail & { readonly id: number };

export type Mailbox = {
  readonly mails: readonly KeptMail[];
  add(mail: CaughtMail, raw: Buffer): void;
  /** As it came. */
  raw(id: number): Buffer | undefined;
};

/** The newest that are kept. */
const mailsMost = 1_000;

/** One line a mail in `mails.jsonl`, and each as it came in a file of its own. */
export function openMailbox(folder: string): Mailbox {
  mkdirSync(`${folder}/raw`, { recursive: true });
  const path = `${folder}/mails.jsonl`;
  const mails = existsSync(path) ? readMails(readFileSync(path, "utf8")).slice(-mailsMost) : [];
  rewrite(path, mails);
  removeOthers(folder, mails);
  let lines = mails.length;
  const fileOf = (id: number) => `${folder}/raw/${id}.eml`;
  return {
    mails,
    add: (mail, raw) => {
      const kept = { ...mail, id: (mails.at(-1)?.id ?? 0) + 1 };
      writeFileSync(fileOf(kept.id), raw);
      appendFileSync(path, lineOf(kept));
      lines += 1;
      mails.push(kept);
      const oldest = mails.length > mailsMost ? mails.shift() : undefined;
      if (oldest !== undefined) rmSync(fileOf(oldest.id), { force: true });
      if (lines < mailsMost * 2) return;
      rewrite(path, mails);
      lines = mails.length;
    },
    raw: (id) => {
      const isKept = mails.some((mail) => mail.id === id) && existsSync(fileOf(id));
      return isKept ? readFileSync(fileOf(id)) : undefined;
    },
  };
}

/** Of mails that are forgotten, or that a crash cut off before their line was written. */
function removeOthers(folder: string, mails: readonly KeptMail[]): void {
  const kept = new Set(mails.map(({ id }) => `${id}.eml`));
  for (const name of readdirSync(`${folder}/raw`)) if (!kept.has(name)) rmSync(`${folder}/raw/${name}`);
}

/** Beside the old file first: a crash in the middle leaves the old one. */
function rewrite(path: string, mails: readonly KeptMail[]): void {
  writeFileSync(`${path}.new`, mails.map(lineOf).join(""));
  renameSync(`${path}.new`, path);
}

function lineOf(mail: KeptMail): string {
  return `${JSON.stringify(mail)}\n`;
}

function readMails(text: string): KeptMail[] {
  // What stands behind the last line break was cut by a crash.
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  const lines = complete.split("\n").filter((line) => line !== "");
  // Mails of before had no number.
  return lines.map((line, index) => {
    const mail = JSON.parse(line) as Omit<CaughtMail, "attachments"> & Partial<KeptMail>;
    return { ...mail, id: mail.id ?? index + 1, attachments: mail.attachments ?? [] };
  });
}
