// What seats cost and how tickets are given back, in words.

/** With as many decimals as the event says: browsers count only those that people write. */
export function showMoney({ amountMinor, currency }, decimals) {
  const digits = String(amountMinor).padStart(decimals + 1, "0");
  const end = digits.length - decimals;
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return format.format(decimals === 0 ? digits : `${digits.slice(0, end)}.${digits.slice(end)}`);
}

/** "Floor: €48.00, of which €3.00 Service and €2.94 VAT 7 %". */
export function showPrice({ category, price, charges }, decimals) {
  const parts = charges.map(({ name, amount }) => `${showMoney(amount, decimals)} ${name}`);
  const all = `${category}: ${showMoney(price, decimals)}`;
  return parts.length === 0 ? all : `${all}, of which ${listed(parts)}`;
}

export function showRefunds({ status, refunds }) {
  if (status === "cancelled") return "What was paid for it goes back by itself.";
  if (refunds === null) return "Tickets are not taken back.";
  const { until, shareBasisPoints, feesToo } = refunds;
  const share = `${shareBasisPoints / 100} % of the price${feesToo ? "" : " without its fees"}`;
  return `Tickets are taken back until ${showMoment(until)}: ${share} is paid back.`;
}

/** Events have no zone of their own: as on the tickets and in e-mails, times are told in UTC and say so. */
export function showMoment(time) {
  const format = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  return `${format.format(new Date(time))} UTC`;
}

function listed(parts) {
  return parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
