import { z } from "zod";
import type { ListedTicket } from "../../booking-core/doors/door-list.ts";
import { type EventId, isUuid, type TicketId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import {
  checkInSchema,
  checkInView,
  scanSchema,
  toldCheckInSchema,
  toldCheckInView,
} from "../wire/check-in.ts";
import { idSchema } from "../wire/id.ts";
import { issueSchema, ticketStatusSchema } from "../wire/ticket.ts";
import { givenTimeSchema, timeSchema, timeView } from "../wire/time.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });

export const checkIn = defineRoute({
  name: "checkIn",
  method: "post",
  path: "/v1/events/:eventId/check-ins",
  summary: "Scan a ticket at a door. It lets in once; the same scan again has the same answer.",
  access: "door",
  params,
  body: scanSchema.meta({ id: "Scan" }),
  idempotent: false,
  answers: { 200: { description: "What the scan means.", json: checkInSchema } },
  refusals: ["scan_id_reused"],
  async handle({ services, body, door }) {
    const answer = await services.checkIns.scan(door, body);
    if (answer.result === "scan_id_reused") return { refusal: "scan_id_reused" };
    return reply(200, checkInView(body.scanId, answer));
  },
});

const { scansPerBatch, batchBytes } = limits.doors;

export const tellCheckIns = defineRoute({
  name: "tellCheckIns",
  method: "post",
  path: "/v1/events/:eventId/check-ins/batch",
  summary:
    "Tell of scans that were made without network. The earliest of a ticket is its use; nobody is sent out again.",
  access: "door",
  bodyBytes: batchBytes,
  params,
  body: z
    .strictObject({
      scans: z
        .array(scanSchema.extend({ scannedAt: givenTimeSchema("When it was scanned.") }))
        .min(1)
        .max(scansPerBatch)
        .refine(haveOwnIds, "must each have an id of its own"),
    })
    .meta({ id: "OfflineScans" }),
  idempotent: false,
  answers: {
    200: {
      description: "What each scan means, in their order.",
      json: z.strictObject({ checkIns: z.array(toldCheckInSchema) }),
    },
  },
  refusals: [],
  async handle({ services, body: { scans }, door }) {
    const told = scans.map((scan) => ({ ...scan, scannedAtMs: Date.parse(scan.scannedAt) }));
    const answers = await services.checkIns.tell(door, told);
    const checkIns = answers.map((answer, place) =>
      toldCheckInView((told[place] as (typeof told)[0]).scanId, answer),
    );
    return reply(200, { checkIns });
  },
});

function haveOwnIds(scans: readonly { scanId: string }[]): boolean {
  return new Set(scans.map(({ scanId }) => scanId)).size === scans.length;
}

const cursorSchema = z
  .string()
  .refine(isUuid, "is not the `next` of an earlier page")
  .transform((text) => text as TicketId)
  .meta({ description: "`next` of the page before; without, the first page.", override: { type: "string" } });

const listedTicketSchema = z
  .strictObject({
    id: idSchema<TicketId>("The ticket."),
    issue: issueSchema,
    status: ticketStatusSchema,
    section: z.string(),
    row: z.string().nullable(),
    seat: z.string().nullable(),
  })
  .meta({ id: "ListedTicket" });

export const showDoorList = defineRoute({
  name: "showDoorList",
  method: "get",
  path: "/v1/events/:eventId/door-list",
  summary: "The tickets of an event in pages, for a device that may lose its network.",
  access: "door",
  params,
  query: z.strictObject({
    cursor: cursorSchema.optional(),
    since: givenTimeSchema(
      "Only what changed since: `asOf` of the first page of the list before.",
    ).optional(),
  }),
  body: noBody,
  idempotent: false,
  answers: {
    200: {
      description: "The page.",
      json: z.strictObject({
        tickets: z.array(listedTicketSchema),
        next: z
          .string()
          .nullable()
          .meta({ description: "The `cursor` of the next page; null: there is none." }),
        asOf: timeSchema("The `since` of the next list; a little in the past, so that nothing is missed."),
      }),
    },
  },
  refusals: [],
  async handle({ services, params: { eventId }, query: { cursor, since } }) {
    const changedSinceMs = since === undefined ? undefined : Date.parse(since);
    const page = await services.doorList({ eventId, after: cursor, changedSinceMs });
    return reply(200, {
      tickets: page.tickets.map(listedView),
      next: page.next ?? null,
      asOf: timeView(page.asOfMs),
    });
  },
});

function listedView({ label, ...same }: ListedTicket): z.infer<typeof listedTicketSchema> {
  return { ...same, row: label?.row ?? null, seat: label?.seat ?? null };
}
