import { createTransport } from "nodemailer";
import { limits } from "../../foundation/limits.ts";
import { isEmailAddress } from "../people/email-address.ts";

export type Attachment = {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
};

export type Mail = {
  /** Decides the message id: a second delivery has the same, and the receiver's server can drop it. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments?: readonly Attachment[];
};

/** refused: for good, by the recipient's side. Whatever else goes wrong is thrown, and can go well another time. */
export type MailOutcome =
  | { readonly outcome: "taken" }
  | { readonly outcome: "refused"; readonly reason: string };

export type Mailer = { send(mail: Mail): Promise<MailOutcome>; close(): void };

/** Time for the mail server to answer each step. */
const answerMs = 10_000;

export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const domain = /@([^@\s>]+)>?$/.exec(from)?.[1] ?? "onsale";
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
    send: async ({ id, to, attachments = [], ...content }) => {
      if (!isEmailAddress(to)) return { outcome: "refused", reason: "This is no e-mail address." };
      const sent = transport.sendMail({
        ...content,
        from,
        to: { name: "", address: to },
        messageId: `<${id}@${domain}>`,
        headers: { "Auto-Submitted": "auto-generated" },
        attachments: [...attachments],
      });
      try {
        await within(sent, limits.email.serverMs);
        return { outcome: "taken" };
      } catch (error) {
        const reason = refusalOf(error);
        if (reason === undefined) throw error;
        return { outcome: "refused", reason };
      }
    },
    close: () => transport.close(),
  };
}

/**
 * 5xx to the recipient or to the message is for good (RFC 5321, 4.2.1). To our own greeting, log-in or sender it says
 * that something of ours is set wrong, and the mail can go once it is mended.
 */
function refusalOf(error: unknown): string | undefined {
  const { responseCode = 0, command, response } = error as SmtpError;
  const isFinal = responseCode >= 500 && responseCode < 600 && (command === "RCPT TO" || command === "DATA");
  return isFinal ? (response ?? `The mail server answers ${responseCode}.`) : undefined;
}

type SmtpError = { readonly responseCode?: number; readonly command?: string; readonly response?: string };

async function within(work: Promise<unknown>, mostMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`the mail server took over ${mostMs} ms`)), mostMs);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
