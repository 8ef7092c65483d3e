import { z } from "zod";
import type { HistoryCursor } from "../../booking-core/bookings/booking-history.ts";
import { type BookingId, isUuid } from "../../foundation/ids.ts";
import type { PageCursor } from "../../foundation/pages.ts";

/** Microseconds until 2286: of more digits, or before 1970, Postgres makes no time. */
const createdAtPattern = /^\d{1,16}$/;

/** Opaque to clients: what is inside may change. */
export const cursorSchema = z
  .string()
  .max(100)
  .transform((text, context): HistoryCursor => {
    const [createdAtUs = "", id = ""] = Buffer.from(text, "base64url").toString("latin1").split(".");
    if (createdAtPattern.test(createdAtUs) && isUuid(id))
      return { createdAtUs: BigInt(createdAtUs), id: id as BookingId };
    context.addIssue("is not the `next` of an earlier page");
    return z.NEVER;
  })
  .meta({ description: "`next` of the page before; without, the first page.", override: { type: "string" } });

export function cursorView({ createdAtUs, id }: PageCursor): string {
  return Buffer.from(`${createdAtUs}.${id}`, "latin1").toString("base64url");
}
