import type { Door } from "../booking-core/doors/scan.ts";
import type { TicketFacts } from "../booking-core/tickets/ticket-facts.ts";
import type { Ticket } from "../booking-core/tickets/tickets.ts";
import type { BookingId, DoorId, TicketId } from "../foundation/ids.ts";
import { uuidFromParts } from "../foundation/ids.ts";
import type { GatewayServices } from "./services.ts";
import { eventId, seatedId, testEvent } from "./test-data.ts";

export const testDoor: Door = { eventId, doorId: uuidFromParts("door") as DoorId, name: "North" };
const { title, startsAtMs } = testEvent;

export function testTicket(id: TicketId): Ticket {
  return {
    id,
    bookingId: uuidFromParts("booking", "1") as BookingId,
    event: { id: eventId, title, startsAtMs },
    section: { id: seatedId, name: "Section seated" },
    position: 0,
    seatNumber: 3,
    label: { row: "B", seat: "1" },
    issue: 0,
    code: "C0DE",
    status: "valid",
    used: null,
    issuedAtMs: 1_799_000_000_000,
  };
}

export function testFacts(bookingId: BookingId): TicketFacts {
  const { id, status, label, used, issuedAtMs, code } = testTicket(uuidFromParts("ticket") as TicketId);
  const price = { amountMinor: 4_500n, currency: "EUR" };
  return {
    bookingId,
    booking: { status: "paid", deadlineMs: 1_799_000_900_000 },
    language: "en",
    event: { id: eventId, title, startsAtMs },
    venue: { name: "Hall", city: "Bern" },
    tickets: [{ id, status, section: "Section seated", label, price, issuedAtMs, used, code }],
  };
}

type TicketServices = Pick<
  GatewayServices,
  "tickets" | "ticketKeys" | "ticketDrawing" | "doors" | "doorList" | "checkIns"
>;

export const testTicketServices: TicketServices = {
  tickets: {
    find: async (_, id) => testTicket(id),
    reissue: async (_, id, issue) => ({
      outcome: "reissued",
      ticket: { ...testTicket(id), issue: issue + 1 },
    }),
    facts: async (bookingId) => testFacts(bookingId),
  },
  ticketKeys: { public: async () => [] },
  ticketDrawing: {
    pdf: async () => Buffer.from("%PDF-"),
    svgs: async (codes) => codes.map((code) => `<svg>${code}</svg>`),
    stop: async () => {},
  },
  doors: {
    make: async (_, event, name) => ({
      outcome: "made",
      door: { ...testDoor, eventId: event, name },
      token: "token",
      endsAtMs: startsAtMs,
    }),
    list: async () => [
      { id: testDoor.doorId, name: "North", createdAtMs: 0, closedAtMs: null, admitted: 1, scans: 2 },
    ],
    close: async () => "closed",
    open: () => testDoor,
  },
  doorList: async () => ({ tickets: [], next: undefined, asOfMs: 0 }),
  checkIns: {
    scan: async () => ({ result: "unknown", ticketId: null, used: null }),
    tell: async (_, scans) => scans.map(() => ({ result: "unknown", ticketId: null, used: null })),
  },
};
