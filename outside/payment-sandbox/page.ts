import type { Payment } from "./books.ts";

const sentences = {
  succeeded: (amount: string) => `You have paid ${amount}.`,
  failed: (amount: string) => `The payment of ${amount} was declined.`,
  refunded: (amount: string) => `You have paid ${amount} and got it back.`,
} as const;

/** What the buyer sees: plain forms, no script. */
export function paymentPage(payment: Payment): string {
  const amount = formatAmount(payment);
  const form = (action: string, label: string) =>
    `<form method="post" action="/pay/${payment.id}/${action}"><button>${label}</button></form>`;
  const body =
    payment.status === "pending"
      ? `<p>Onsale asks for <strong>${amount}</strong>.</p>${form("approve", "Approve")}${form("decline", "Decline")}`
      : `<p>${sentences[payment.status](amount)}</p><p><a href="${escapeHtml(payment.returnUrl)}" rel="noreferrer">Back to the shop</a></p>`;
  return page(
    `Payment of ${amount}`,
    `${body}<p><small>Reference ${escapeHtml(payment.reference)}</small></p>`,
  );
}

export function page(title: string, body: string): string {
  const style =
    "body{font:18px system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 2rem;margin:.25rem 0}";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style><h1>Payment sandbox</h1><p><small>No real money moves here.</small></p>${body}</html>`;
}

function formatAmount({ amountMinor, currency }: Payment): string {
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
