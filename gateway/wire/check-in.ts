import { z } from "zod";
import type { ScanAnswer } from "../../booking-core/doors/scan.ts";
import type { ScanId, TicketId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";
import { ticketUseSchema, useView } from "./ticket.ts";

export const scanSchema = z.strictObject({
  scanId: idSchema<ScanId>("Made by the device, new for each scan; the same again is the same scan."),
  code: z.string().max(1_000).meta({ description: "The text of the QR code, as it was read." }),
});

const results = ["admitted", "used", "refunded", "wrong_event", "unknown", "replaced"] as const;
const resultText = [
  "`admitted`: let in",
  "`used`: somebody came in with it before, see `used`",
  "`refunded`: the money went back",
  "`replaced`: the buyer has a newer code",
  "`wrong_event`: a ticket of another event",
  "`unknown`: not a code of ours, or of a key that has ended",
].join("; ");

const ticketIdSchema = idSchema<TicketId>("The ticket; null where the code is not ours.").nullable();

export const checkInSchema = z
  .strictObject({
    scanId: idSchema<ScanId>("The scan."),
    result: z.enum(results).meta({ description: resultText }),
    ticketId: ticketIdSchema,
    used: ticketUseSchema,
  })
  .meta({ id: "CheckIn" });

export const toldCheckInSchema = z
  .strictObject({
    scanId: idSchema<ScanId>("The scan."),
    result: z.enum([...results, "scan_id_reused"]).meta({
      description: `${resultText}; \`scan_id_reused\`: this id is of another scan, and nothing was done.`,
    }),
    ticketId: ticketIdSchema,
    used: ticketUseSchema,
  })
  .meta({ id: "ToldCheckIn" });

type Answered = Exclude<ScanAnswer, { readonly result: "scan_id_reused" }>;

export function checkInView(scanId: ScanId, { result, ticketId, used }: Answered) {
  return { scanId, result, ticketId, used: useView(used) };
}

export function toldCheckInView(scanId: ScanId, answer: ScanAnswer): z.infer<typeof toldCheckInSchema> {
  if (answer.result !== "scan_id_reused") return checkInView(scanId, answer);
  return { scanId, result: answer.result, ticketId: null, used: null };
}
