import { entry } from "./error-entry.ts";

/** Of tickets, and of the doors where they are shown. */
export const ticketErrors = {
  no_valid_tickets: entry(
    409,
    false,
    "This booking has no ticket that is valid.",
    "Load the booking: tickets are issued when it is paid, and end when they are used or refunded.",
  ),
  ticket_not_valid: entry(
    409,
    false,
    "This ticket is used or refunded.",
    "A refunded ticket has no code, and only a valid one gets a new code.",
  ),
  reissues_used: entry(
    409,
    false,
    "This ticket got a new code as often as it can.",
    "Use the code that it has; the organiser can refund the ticket.",
  ),
  door_name_used: entry(
    409,
    false,
    "The event has a door of this name, or had one that is closed.",
    "Choose another name: scans are told by it, so each is used once.",
  ),
  too_many_doors: entry(
    409,
    false,
    "The event has as many doors as it can.",
    "Use one of those that are there; a closed one counts too.",
  ),
  scan_id_reused: entry(
    409,
    false,
    "This scan's id was used for another ticket or at another door.",
    "Use a new id for each scan; repeat the old content to repeat the old scan.",
  ),
} as const;
