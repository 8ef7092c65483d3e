import { addressProblems, readAddress } from "../booking-core/people/email-address.ts";
import { type Config, ConfigError } from "../foundation/config.ts";

/** An address, or a name and an address: in quotes the name may have the signs that part addresses. */
const named = /^(?:"[^"\\]*"|[^"\\<>@,;:()[\]]*) ?<(?<address>[^<>]*)>$/;
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * Mail goes out under `MAIL_FROM`: a wrong one stops the start. Here and not in the schema, because what an address is
 * people's sign-in decides, and the schema is below it.
 */
export function refuseWrongSender({ MAIL_FROM: sender }: Pick<Config, "MAIL_FROM">): void {
  const read = readAddress(named.exec(sender)?.groups?.["address"] ?? sender);
  if (!unseen.test(sender) && read.outcome === "address") return;
  const why =
    read.outcome === "address" ? "has a line break or an invisible sign" : addressProblems[read.outcome];
  throw new ConfigError(
    `The environment variable MAIL_FROM is not usable: its address ${why}, or with a name before it, like \`Name <you@example.org>\`.`,
  );
}
