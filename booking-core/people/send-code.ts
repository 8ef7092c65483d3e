import { identityFrom } from "../../foundation/ids.ts";
import type { Mailer } from "../notifications/mailer.ts";
import { renderCode } from "../notifications/templates.ts";
import type { EmailCodes } from "./email-codes.ts";

/** Sends the code of an address. One that came too late to be used is not sent. */
export async function sendCode(
  { codes, mailer }: { codes: Pick<EmailCodes, "codeFor">; mailer: Mailer },
  { address, span }: { address: string; span: number },
): Promise<void> {
  const code = codes.codeFor(address, span);
  if (code === undefined) return;
  const { subject, content } = renderCode(code);
  await mailer.send({
    id: `code-${span}-${identityFrom("email", address)}`,
    to: address,
    subject,
    text: content,
  });
}
