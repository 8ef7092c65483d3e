import type { EventId, SectionId, TicketId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { Section } from "../events/event.ts";
import { type SeatLabel, seatLabel } from "../events/layout.ts";

/** What a device keeps, to let people in without network. */
export type ListedTicket = {
  readonly id: TicketId;
  readonly issue: number;
  readonly status: "valid" | "used" | "refunded";
  readonly section: string;
  readonly label: SeatLabel | null;
};

export type DoorListPage = {
  readonly tickets: readonly ListedTicket[];
  /** Of the next page. */
  readonly next: TicketId | undefined;
  /** To be asked with, later, for what has changed since. */
  readonly asOfMs: number;
};

export type DoorListRequest = {
  readonly eventId: EventId;
  readonly after: TicketId | undefined;
  readonly changedSinceMs: number | undefined;
};

export type DoorLists = (request: DoorListRequest) => Promise<DoorListPage>;

/**
 * A change is seen when its transaction ends, and has the time of when it was made. Within this every transaction
 * has ended (a statement has 15 s): what changed meanwhile comes again rather than never.
 */
const overlapMs = 60_000;

export function createDoorLists({
  pool,
  catalogue,
}: {
  pool: Pool;
  catalogue: Pick<Catalogue, "find">;
}): DoorLists {
  return async ({ eventId, after, changedSinceMs }) => {
    const { listPage } = limits.doors;
    const asked = await pool.query<{ now: Date }>("select clock_timestamp() as now");
    const { rows } = await pool.query<ListRow>(
      `select id, issue, status, section_id, seat_number from tickets
        where event_id = $1 and ($2::uuid is null or id > $2) and ($3::timestamptz is null or changed_at >= $3)
        order by id limit $4`,
      [eventId, after ?? null, changedSinceMs === undefined ? null : new Date(changedSinceMs), listPage + 1],
    );
    const event = await catalogue.find(eventId);
    const sections = new Map(event?.sections.map((section) => [section.id, section]));
    const page = rows.slice(0, listPage);
    return {
      tickets: page.map((row) => listed(row, sections)),
      next: rows.length > listPage ? page.at(-1)?.id : undefined,
      asOfMs: (asked.rows[0]?.now.getTime() ?? 0) - overlapMs,
    };
  };
}

type ListRow = {
  id: TicketId;
  issue: number;
  status: ListedTicket["status"];
  section_id: SectionId;
  seat_number: number | null;
};

function listed(
  { id, issue, status, section_id: sectionId, seat_number: seatNumber }: ListRow,
  sections: ReadonlyMap<SectionId, Section>,
): ListedTicket {
  const section = sections.get(sectionId);
  const label = section === undefined || seatNumber === null ? null : seatLabel(section, seatNumber);
  return { id, issue, status, section: section?.name ?? "", label };
}
