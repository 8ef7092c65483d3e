/**
 * Who owes or is owed. Amounts are signed: who owes us (a provider that has collected for us) has plus, whom we must pay
 * (an organiser, a buyer, the state) has minus.
 *
 *   provider_clearing   the provider's name    collected for us and not given back
 *   organiser_payable   the event's id         what is sold, less fees and taxes
 *   house_fees          the event's id         fees that are ours
 *   taxes_payable       the event's id         taxes that are the state's
 *   buyer_refunds       the booking's id       to be given back through the provider
 *   buyer_wallet        the buyer's id         money that the buyer may spend
 *   wallet_held         the payment's id       the part of a wallet that is put aside for a payment under way
 */
export const accountKinds = [
  "provider_clearing",
  "organiser_payable",
  "house_fees",
  "taxes_payable",
  "buyer_refunds",
  "buyer_wallet",
  "wallet_held",
] as const;
export type AccountKind = (typeof accountKinds)[number];

export type LedgerAccount = { readonly kind: AccountKind; readonly party: string };
