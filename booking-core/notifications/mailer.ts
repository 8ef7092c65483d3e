import { createTransport } from "nodemailer";

export type Mail = {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
};
export type Mailer = { send(mail: Mail): Promise<void>; close(): void };

/** Time for the mail server to answer each step; a job that takes longer comes again. */
const answerMs = 10_000;

export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 4,
    connectionTimeout: answerMs,
    greetingTimeout: answerMs,
    socketTimeout: answerMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ id, to, subject, text }) => {
      // The same id on a second delivery lets the receiver's server drop it.
      const messageId = `<${id}@onsale>`;
      await transport.sendMail({
        from,
        to: { name: "", address: to },
        subject,
        text,
        html: toHtml(text),
        messageId,
      });
    },
    close: () => transport.close(),
  };
}

function toHtml(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const paragraphs = escaped.split("\n\n").map((paragraph) => `<p>${paragraph.replaceAll("\n", "<br>")}</p>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><body>${paragraphs.join("")}</body></html>`;
}
