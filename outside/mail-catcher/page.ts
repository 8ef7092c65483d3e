import type { KeptMail } from "./mailbox.ts";

const style =
  "body{font:16px system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc}pre{white-space:pre-wrap}iframe{width:100%;height:28rem;border:1px solid #ddd;border-radius:8px}";

/** The newest first; nothing of a mail is taken for markup, and its own markup stands in a frame that can do nothing. */
export function mailPage(mails: readonly KeptMail[]): string {
  const seen = new Set<string>();
  const articles = mails.map((mail) => {
    const isAgain = seen.has(mail.messageId);
    seen.add(mail.messageId);
    return article(mail, isAgain);
  });
  const list = mails.length === 0 ? "<p>No mail has come yet.</p>" : articles.toReversed().join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Mail catcher</title><style>${style}</style><h1>Mail catcher</h1>${list}</html>`;
}

function article(mail: KeptMail, isAgain: boolean): string {
  const { id, subject, from, to, receivedAt, text, html, attachments } = mail;
  const again = isAgain ? " <em>again, under the same message id: a mailbox would show it once</em>" : "";
  const head = `${from} to ${to.join(", ")}, ${receivedAt}`;
  const files = attachments.map(
    ({ filename, bytes }, place) =>
      `<a href="/messages/${id}/attachments/${place}">${escapeHtml(filename)}</a> (${bytes} bytes)`,
  );
  const links = [...files, `<a href="/messages/${id}/raw">raw</a>`].join(" · ");
  const body =
    html === ""
      ? `<pre>${escapeHtml(text)}</pre>`
      : `<iframe loading="lazy" sandbox title="The mail" src="/messages/${id}/html"></iframe><details><summary>As text</summary><pre>${escapeHtml(text)}</pre></details>`;
  return `<article><h2>${escapeHtml(subject)}</h2><p><small>${escapeHtml(head)}${again}</small></p><p>${links}</p>${body}</article>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
