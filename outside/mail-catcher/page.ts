import type { CaughtMail } from "./parse-mail.ts";

/** The newest first; nothing of a mail is taken for markup. */
export function mailPage(mails: readonly CaughtMail[]): string {
  const style =
    "body{font:16px system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc}pre{white-space:pre-wrap}";
  const list = mails.length === 0 ? "<p>No mail has come yet.</p>" : mails.toReversed().map(article).join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mail catcher</title><style>${style}</style><h1>Mail catcher</h1>${list}</html>`;
}

function article({ subject, from, to, receivedAt, text }: CaughtMail): string {
  const head = `${from} to ${to.join(", ")}, ${receivedAt}`;
  return `<article><h2>${escapeHtml(subject)}</h2><p><small>${escapeHtml(head)}</small></p><pre>${escapeHtml(text)}</pre></article>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
