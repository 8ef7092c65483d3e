import { type Answer, problem } from "./answer.ts";
import type { Desk } from "./desk.ts";
import { summary } from "./payment-routes.ts";
import { isCount } from "./read-request.ts";
import { showRefund } from "./refund-routes.ts";
import { totalsOf } from "./totals.ts";

const pageMost = 10_000;
const pageUsual = 1_000;

/** `/v1/books` sums up; `/v1/books/payments` and `/v1/books/refunds` list all in pages, in the order of their making. */
export function booksAnswer({ shelf }: Desk, list: string | undefined, query: URLSearchParams): Answer {
  if (list === undefined) {
    const counts = { payments: shelf.list.length, refunds: shelf.refundList.length };
    return {
      status: 200,
      body: { totals: totalsOf(shelf), ...counts, webhooksOnTheirWay: shelf.webhooks.size },
    };
  }
  const from = Number(query.get("from") ?? 0);
  const limit = Number(query.get("limit") ?? pageUsual);
  if (!isCount(from, Number.MAX_SAFE_INTEGER) || !isCount(limit, pageMost) || limit === 0)
    return problem(422, `\`from\` must be a number and \`limit\` one up to ${pageMost}.`);
  switch (list) {
    case "payments":
      return pageOf(shelf.list, from, limit, summary);
    case "refunds":
      return pageOf(shelf.refundList, from, limit, showRefund);
    default:
      return problem(404, "The books have `payments` and `refunds`.");
  }
}

function pageOf<Item>(
  all: readonly Item[],
  from: number,
  limit: number,
  show: (item: Item) => unknown,
): Answer {
  const next = from + limit < all.length ? from + limit : null;
  return { status: 200, body: { items: all.slice(from, from + limit).map(show), next } };
}
