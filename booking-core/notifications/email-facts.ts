import type { BookingId, SectionId } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import type { Currency, Money } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { readLayout, type SeatLabel, type StoredLayout, seatLabel } from "../events/layout.ts";
import type { RefundReason } from "../refunds/refund.ts";
import { oneLine } from "./letter.ts";

export type Template = "tickets" | "refund" | "event_cancelled";

export type EmailSeat = {
  readonly position: number;
  readonly section: string;
  /** Nothing in a standing section. */
  readonly label: SeatLabel | null;
  readonly price: Money;
  /** Nothing where none was issued. */
  readonly ticket: "valid" | "used" | "refunded" | null;
};

export type RefundFacts = {
  readonly reason: RefundReason;
  /** The seats whose tickets it is for; nothing where a payment goes back that bought none. */
  readonly positions: readonly number[] | null;
  /** The way it came. */
  readonly byProvider: Money;
  readonly toWallet: Money;
};

/** The link is good until a day after the event. */
export type TicketsUrlOf = (booking: { readonly id: BookingId; readonly startsAtMs: number }) => string;

/** What an e-mail can say, as it is true when it is sent. What people have written is one line each. */
export type EmailFacts = {
  readonly template: Template;
  readonly language: Language;
  readonly bookingId: BookingId;
  readonly event: string;
  readonly venue: string;
  readonly startsAt: Date;
  /** Whether it is on sale and takes place. */
  readonly isActive: boolean;
  readonly seats: readonly EmailSeat[];
  readonly refund: RefundFacts | null;
  readonly ticketsUrl: string;
};

type FactRow = {
  template: Template;
  language: Language;
  booking_id: BookingId;
  title: string;
  starts_at: Date;
  is_active: boolean;
  venue: string;
  currency: Currency;
  reason: RefundReason | null;
  positions: number[] | null;
  amount_minor: bigint | null;
  wallet_minor: bigint | null;
  refund_currency: Currency | null;
  sections: { id: SectionId; name: string; layout: StoredLayout }[] | null;
  seats: SeatRow[] | null;
};

type SeatRow = {
  position: number;
  sectionId: SectionId;
  seatNumber: number | null;
  priceMinor: string;
  ticket: EmailSeat["ticket"];
};

/** Of a cancelled event no ticket is good, also one that is still to be made void. */
const statement = `
  select n.template, n.language, n.booking_id, e.title, e.starts_at, e.status = 'active' as is_active, v.name || ', ' || v.city as venue, b.currency,
         r.reason, r.positions, r.amount_minor, r.wallet_minor,
         r.currency as refund_currency,
         (select json_agg(json_build_object('id', s.id, 'name', s.name, 'layout', s.layout))
            from sections s where s.id in (select section_id from booking_seats where booking_id = b.id)) as sections,
         (select json_agg(json_build_object('position', bs.position, 'sectionId', bs.section_id, 'seatNumber', bs.seat_number, 'priceMinor', bs.price_minor::text, 'ticket',
                                            case when t.id is not null and e.status = 'cancelled' then 'refunded' else t.status end)
                          order by bs.position)
            from booking_seats bs left join tickets t on t.booking_id = bs.booking_id and t.position = bs.position
           where bs.booking_id = b.id) as seats
    from notifications n
    join bookings b on b.id = n.booking_id
    join events e on e.id = b.event_id
    join venues v on v.id = e.venue_id
    left join refunds r on r.id = n.refund_id
   where n.id = $1`;

export async function readEmailFacts(
  sql: Sql,
  notificationId: string,
  ticketsUrlOf: TicketsUrlOf,
): Promise<EmailFacts> {
  const found = await sql.query<FactRow>({ name: "email-facts", text: statement }, [notificationId]);
  const [row] = found.rows;
  if (row === undefined) throw new Error(`there is no e-mail ${notificationId}`);
  return {
    template: row.template,
    language: row.language,
    bookingId: row.booking_id,
    event: oneLine(row.title),
    venue: oneLine(row.venue),
    startsAt: row.starts_at,
    isActive: row.is_active,
    seats: (row.seats ?? []).map((seat) => toSeat(row, seat)),
    refund: toRefund(row),
    ticketsUrl: ticketsUrlOf({ id: row.booking_id, startsAtMs: row.starts_at.getTime() }),
  };
}

function toSeat({ sections, currency }: FactRow, seat: SeatRow): EmailSeat {
  const { position, sectionId, seatNumber, priceMinor, ticket } = seat;
  const section = sections?.find(({ id }) => id === sectionId);
  if (section === undefined) throw new Error(`there is no section ${sectionId}`);
  const label = seatNumber === null ? null : seatLabel(readLayout(section.layout), seatNumber);
  const price = { amountMinor: BigInt(priceMinor), currency };
  return { position, section: oneLine(section.name), label, price, ticket };
}

function toRefund(row: FactRow): RefundFacts | null {
  const { reason, positions, amount_minor, wallet_minor, refund_currency: currency } = row;
  if (reason === null || amount_minor === null || wallet_minor === null || currency === null) return null;
  return {
    reason,
    positions,
    byProvider: { amountMinor: amount_minor, currency },
    toWallet: { amountMinor: wallet_minor, currency },
  };
}
