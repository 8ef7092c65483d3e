import type { Suite } from "../bench/suite.ts";
import { cancelPart } from "./cancel.ts";
import { inboxPart } from "./inbox.ts";
import { organiserPart } from "./organiser.ts";
import { settlePart } from "./settle.ts";
import { ticketsPart } from "./tickets.ts";
import { walletPart } from "./wallet.ts";

export const moneySuite: Suite = {
  name: "money",
  description:
    "Money: payments settled under faults, a cancelled event, wallets, one busy organiser, forged messages, tickets.",
  parts: [settlePart, cancelPart, walletPart, organiserPart, inboxPart, ticketsPart],
};
