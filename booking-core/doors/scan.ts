import type { DoorId, EventId, ScanId, TicketId } from "../../foundation/ids.ts";
import type { TicketUse } from "../tickets/ticket-facts.ts";

/** The device that scans. */
export type Door = { readonly eventId: EventId; readonly doorId: DoorId; readonly name: string };

/**
 * admitted: let in. used: somebody came in with it before. refunded: the money went back. replaced: the buyer has a
 * newer code. wrong_event: of another event. unknown: not of us, or of a key that has ended.
 */
export type ScanResult = "admitted" | "used" | "refunded" | "wrong_event" | "unknown" | "replaced";

/** A scan whose code has been checked. */
export type Scan = {
  readonly id: ScanId;
  /** Nothing where the code is not of us. */
  readonly claims:
    | { readonly eventId: EventId; readonly ticketId: TicketId; readonly issue: number }
    | undefined;
  readonly atMs: number;
};

export type ScanAnswer =
  | { readonly result: ScanResult; readonly ticketId: TicketId | null; readonly used: TicketUse | null }
  /** The device gave the id of another scan. */
  | { readonly result: "scan_id_reused" };

export type TicketState = {
  readonly eventId: EventId;
  readonly status: "valid" | "used" | "refunded";
  readonly issue: number;
};

/** What a scan at this event means for the ticket as it stands. */
export function decideScan(
  { claims }: Pick<Scan, "claims">,
  eventId: EventId,
  ticket: TicketState | undefined,
): ScanResult {
  if (claims === undefined) return "unknown";
  if (claims.eventId !== eventId) return "wrong_event";
  // Signed by us, and yet not there: of a database that was put back to an earlier state.
  if (ticket === undefined || ticket.eventId !== eventId || claims.issue > ticket.issue) return "unknown";
  if (ticket.status === "refunded") return "refunded";
  if (claims.issue < ticket.issue) return "replaced";
  return ticket.status === "used" ? "used" : "admitted";
}
