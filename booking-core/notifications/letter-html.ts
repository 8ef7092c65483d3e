import type { Block, Letter } from "./letter.ts";

const styles = {
  page: "margin:0;padding:24px 12px;background:#f4f4f6;font:16px/1.5 system-ui,sans-serif;color:#1c1c22",
  card: "max-width:560px;margin:0 auto;padding:24px 28px;background:#fff;border-radius:12px",
  title: "margin:0;font-size:20px;font-weight:700",
  event: "margin:16px 0;padding:12px 16px;border-left:4px solid #5b4bdb;background:#f7f6fe",
  code: "margin:16px 0;font:700 24px/1.4 ui-monospace,monospace;letter-spacing:2px",
  link: "display:inline-block;padding:10px 18px;border-radius:8px;background:#5b4bdb;color:#fff;text-decoration:none",
  small: "margin:16px 0 0;font-size:13px;color:#66666f",
};

/** The one layout of all e-mails. Everything passes through `escape` here, so no template can forget it. */
export function letterHtml({ language, subject, blocks }: Letter): string {
  const body = blocks.map(htmlOf).join("\n");
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(subject)}</title></head>
<body style="${styles.page}"><div style="${styles.card}">
${body}
</div></body>
</html>
`;
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case "text":
      return `<p>${escape(block.text)}</p>`;
    case "event":
      return `<div style="${styles.event}"><p style="${styles.title}">${escape(block.title)}</p>${block.lines.map((line) => `<div>${escape(line)}</div>`).join("")}</div>`;
    case "list":
      return `<ol>${block.items.map((item) => `<li>${escape(item)}</li>`).join("")}</ol>`;
    case "code":
      return `<p style="${styles.code}">${escape(block.text)}</p>`;
    case "link":
      return `<p><a style="${styles.link}" href="${escape(block.url)}">${escape(block.label)}</a></p>`;
    case "small":
      return `<p style="${styles.small}">${escape(block.text)}</p>`;
  }
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
