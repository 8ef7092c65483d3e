import { identityFrom } from "../../foundation/ids.ts";
import { codeLetter } from "../notifications/letters/code.ts";
import type { Mailer } from "../notifications/mailer.ts";
import { renderLetter } from "../notifications/render-email.ts";
import type { EmailCodes } from "./email-codes.ts";

/** Sends the code of an address. One that came too late to be used is not sent; one that is refused is not sent again. */
export async function sendCode(
  { codes, mailer }: { codes: Pick<EmailCodes, "codeFor">; mailer: Mailer },
  { address, span }: { address: string; span: number },
): Promise<void> {
  const code = codes.codeFor(address, span);
  if (code === undefined) return;
  const id = `code-${span}-${identityFrom("email", address)}`;
  await mailer.send({ id, to: address, ...renderLetter(codeLetter(code)) });
}
