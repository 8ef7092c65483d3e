import { behaviours } from "./behaviours.ts";
import { chargeOf } from "./decision.ts";
import type { Desk } from "./desk.ts";
import type { Payment } from "./shelf.ts";

/** What the buyer sees: plain forms, no script. */
export function paymentPage(payment: Payment): string {
  const amount = formatAmount(payment);
  const what = payment.description === undefined ? "" : `<p>${escapeHtml(payment.description)}</p>`;
  const reference = `<p><small>Reference ${escapeHtml(payment.reference)}</small></p>`;
  return page(`Payment of ${amount}`, `${what}${content(payment)}${reference}`);
}

function content(payment: Payment): string {
  const amount = formatAmount(payment);
  const back = `<p><a href="${escapeHtml(payment.returnUrl)}" rel="noreferrer">Back to the shop</a></p>`;
  if (payment.promise !== undefined) return `<p>Your bank is still thinking about ${amount}.</p>${back}`;
  if (payment.status !== "pending") return `<p>${ending(payment)}</p>${back}`;
  return payment.isAtBank
    ? `<p>Your bank asks: is it you who pays <strong>${amount}</strong>?</p>${form(payment, "confirm", "Yes, it is me")}${form(payment, "refuse", "No")}`
    : `<p>The shop asks for <strong>${amount}</strong>.</p>${form(payment, "approve", "Approve")}${form(payment, "decline", "Decline")}`;
}

function form({ id }: Payment, action: string, label: string): string {
  return `<form method="post" action="/pay/${id}/${action}"><button>${label}</button></form>`;
}

function ending(payment: Payment): string {
  const { status, refundedMinor } = payment;
  const amount = formatAmount(payment);
  if (status === "failed") return `The payment of ${amount} was declined.`;
  if (refundedMinor === 0) return `You have paid ${amount}.`;
  const { amountMinor, currency } = chargeOf(payment);
  return refundedMinor === amountMinor
    ? `You have paid ${amount} and got it back.`
    : `You have paid ${amount} and got ${formatMinor(refundedMinor, currency)} back.`;
}

/** For those who look around: what is kept, and what amounts ask for. */
export function welcomePage({ shelf, amountsSpeak }: Desk): string {
  const counts = `<p>${shelf.list.length} payments, ${shelf.refundList.length} refunds, ${shelf.webhooks.size} webhooks on their way.</p>`;
  const rows = behaviours.map(
    ({ ending: digits, name, meaning }) =>
      `<tr><td>…${digits}<td><code>${name}</code><td>${escapeHtml(meaning)}</tr>`,
  );
  const table = `<p>The last three digits of an amount in minor units ask for a behaviour, as 47.01 asks for <code>declined</code>:</p><table>${rows.join("")}</table>`;
  return page("Payment sandbox", amountsSpeak ? `${counts}${table}` : counts);
}

export function page(title: string, body: string): string {
  const style =
    "body{font:18px system-ui;max-width:42rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 2rem;margin:.25rem 0}td{padding:.1rem .5rem;vertical-align:top}@media(max-width:40rem){tr,td{display:block}tr{padding:.5rem 0}}";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${style}</style><h1>Payment sandbox</h1><p><small>No real money moves here.</small></p>${body}</html>`;
}

function formatAmount(payment: Payment): string {
  const { amountMinor, currency } = chargeOf(payment);
  return formatMinor(amountMinor, currency);
}

function formatMinor(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
