import { z } from "zod";
import { eventAccounts } from "../../booking-core/ledger/event-ledger.ts";
import type { EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { limitSchema } from "../wire/limit.ts";
import { moneySchema, moneyView } from "../wire/money.ts";
import {
  currencySchema,
  entriesCursorSchema,
  entriesCursorView,
  entrySchema,
  entryView,
  nextSchema,
} from "../wire/wallet.ts";

const { historyPageMost, historyPageUsual } = limits.wallet;
const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });

const balanceSchema = z.strictObject({
  account: z.enum(eventAccounts),
  balance: moneySchema.meta({ description: "As in the books: minus is owed to the account's owner." }),
});

export const showEventLedger = defineRoute({
  name: "showEventLedger",
  method: "get",
  path: "/v1/admin/events/:eventId/ledger",
  summary: "What the books hold of the event: for the organiser, for the state, and as fees of the house.",
  access: "operator",
  params,
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The balances.", json: z.strictObject({ balances: z.array(balanceSchema) }) },
  },
  refusals: ["not_found"],
  async handle({ services, params: { eventId } }) {
    if ((await services.roomStore.find(eventId)) === undefined) return { refusal: "not_found" };
    const balances = await services.eventLedger.balances(eventId);
    const views = balances.map(({ account, currency, balanceMinor }) => {
      return { account, balance: moneyView({ amountMinor: balanceMinor, currency }) };
    });
    return reply(200, { balances: views });
  },
});

export const listEventEntries = defineRoute({
  name: "listEventEntries",
  method: "get",
  path: "/v1/admin/events/:eventId/ledger/entries",
  summary: "What was written to one of the event's accounts, the newest first, in pages.",
  access: "operator",
  params,
  query: z.strictObject({
    account: z.enum(eventAccounts),
    currency: currencySchema,
    limit: limitSchema(historyPageMost, historyPageUsual),
    cursor: entriesCursorSchema.optional(),
  }),
  body: noBody,
  idempotent: false,
  answers: {
    200: {
      description: "The page.",
      json: z.strictObject({ entries: z.array(entrySchema), next: nextSchema }),
    },
  },
  refusals: ["not_found"],
  async handle({ services, params: { eventId }, query: { account, currency, limit, cursor } }) {
    if ((await services.roomStore.find(eventId)) === undefined) return { refusal: "not_found" };
    const page = await services.eventLedger.entries({ eventId, account, currency, limit, after: cursor });
    const entries = page.entries.map(({ amountMinor, ...entry }) =>
      entryView({ ...entry, amount: { amountMinor, currency } }),
    );
    return reply(200, { entries, next: entriesCursorView(page.next) });
  },
});
