import type { TicketId } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import {
  best,
  bookNow,
  bookRequest,
  openEvent,
  openShop,
  type Shop,
  type TestEventOptions,
} from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { pay } from "../bookings/test-bookings.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { issueTickets } from "./issue-tickets.ts";
import { createTicketKeys } from "./ticket-keys.ts";
import { createTickets } from "./tickets.ts";

export type TicketTest = Awaited<ReturnType<typeof openTicketTest>>;

/** A shop whose bookings have been paid, and their tickets. */
export async function openTicketTest() {
  const shop = await openShop();
  const keys = createTicketKeys({ ...shop, secret: "a secret of the tests, thirty-two characters" });
  const tickets = createTickets({ pool: shop.pool, keys });
  return { shop, keys, tickets, ...steps(shop) };
}

function steps(shop: Shop) {
  const buy = async (event: OnsaleEvent, quantity: number, section = 0): Promise<Booking> => {
    const booking = await bookNow(shop, bookRequest(event, best(quantity), { section }));
    await inTransaction(shop.pool, async (sql) => {
      await pay(sql, booking.id);
      await issueTickets(sql, [booking.id]);
    });
    return booking;
  };
  const ticketIds = async ({ id }: Booking): Promise<TicketId[]> => {
    const text = "select id from tickets where booking_id = $1 order by position";
    return (await shop.pool.query<{ id: TicketId }>(text, [id])).rows.map((row) => row.id);
  };
  return {
    openEvent: (options: TestEventOptions = {}) => openEvent(shop, options),
    buy,
    ticketIds,
    /** As a refund leaves the ticket. */
    refund: async (ticketId: TicketId) => {
      await shop.pool.query(
        "update tickets set status = 'refunded', refunded_at = now(), used_at = null where id = $1",
        [ticketId],
      );
    },
  };
}
