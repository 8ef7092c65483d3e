import type { NewOffer } from "../../booking-core/events/create-event.ts";
import type { Charge } from "../../booking-core/prices/charge.ts";
import { priceOf } from "../../booking-core/prices/price-of.ts";
import { decimalsOf } from "../../foundation/currencies.ts";
import { parseMoney } from "../../foundation/money-text.ts";
import type { FileCharge, FileOffer, FileSales } from "./event-file.ts";
import type { Path, Tell } from "./problem.ts";

export type Sales = { readonly salesFromMs: number; readonly salesUntilMs: number };

/** What holds for every offer that says nothing else. */
export type OfferParts = {
  readonly currency: string;
  readonly charges: readonly Charge[];
  readonly sales: Sales;
  readonly nowMs: number;
  readonly tell: Tell;
};

export function offerOf(parts: OfferParts, offer: FileOffer, path: Path): NewOffer {
  const charges =
    offer.charges === undefined ? parts.charges : chargesOf(parts, offer.charges, [...path, "charges"]);
  const sales =
    offer.sales === undefined ? parts.sales : salesOf(parts, offer.sales, parts.sales, [...path, "sales"]);
  const facePath = [...path, "face"];
  const faceMinor = amountOf(parts, offer.face, facePath);
  if (faceMinor !== undefined) checkPrice(parts.tell, faceMinor, charges, facePath);
  const { category, maxPerBooking } = offer;
  return { category, faceMinor: faceMinor ?? 0n, charges, maxPerBooking, ...sales };
}

/** What makes it impossible is known where prices are made. */
function checkPrice(tell: Tell, faceMinor: bigint, charges: readonly Charge[], path: Path): void {
  try {
    priceOf(faceMinor, charges);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    tell(path, `${why}; a price is more than 0, and docs/prices.md has the other rules`);
  }
}

export function chargesOf(
  parts: Pick<OfferParts, "currency" | "tell">,
  charges: readonly FileCharge[],
  path: Path,
): Charge[] {
  return charges.flatMap(({ name, kind, included, fixed, basisPoints }, index) => {
    if (basisPoints !== undefined) return { name, kind, included, basisPoints };
    const fixedMinor = amountOf(parts, fixed ?? "", [...path, index, "fixed"]);
    return fixedMinor === undefined ? [] : { name, kind, included, fixedMinor };
  });
}

function amountOf(
  { currency, tell }: Pick<OfferParts, "currency" | "tell">,
  text: string,
  path: Path,
): bigint | undefined {
  const amountMinor = parseMoney(text, currency, "en")?.amountMinor;
  if (amountMinor !== undefined) return amountMinor;
  const decimals = decimalsOf(currency);
  const most = decimals === 0 ? "without decimals" : `with ${decimals} decimals at most`;
  const example = decimals === 0 ? "4500" : `45.${"0".repeat(decimals)}`;
  tell(path, `${JSON.stringify(text)} is no amount of ${currency}: write it ${most}, such as "${example}"`);
  return undefined;
}

export function salesOf(
  { nowMs, tell }: Pick<OfferParts, "nowMs" | "tell">,
  { from, until }: FileSales,
  usual: Sales,
  path: Path,
): Sales {
  const salesFromMs = from === undefined ? usual.salesFromMs : Date.parse(from);
  const salesUntilMs = until === undefined ? usual.salesUntilMs : Date.parse(until);
  if (until !== undefined && salesUntilMs <= nowMs)
    tell([...path, "until"], "is past: nothing could be sold; choose a later time");
  else if (from !== undefined && salesUntilMs <= salesFromMs)
    tell([...path, "from"], "must be before the sale ends; without `until` it ends as the event begins");
  else if (until !== undefined && salesUntilMs <= salesFromMs)
    tell([...path, "until"], "must be after the sale begins");
  return { salesFromMs, salesUntilMs };
}
