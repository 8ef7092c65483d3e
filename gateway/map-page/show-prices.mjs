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

export function showRefunds(refunds) {
  if (refunds === null) return "Tickets are not taken back.";
  const { until, shareBasisPoints, feesToo } = refunds;
  const share = `${shareBasisPoints / 100} % of the price${feesToo ? "" : " without its fees"}`;
  return `Tickets are taken back until ${showMoment(until)}: ${share} is paid back.`;
}

/** In the time of whoever looks. */
export function showMoment(time) {
  return new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short" }).format(new Date(time));
}

function listed(parts) {
  return parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
