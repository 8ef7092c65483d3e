import type { BookingId, DoorId, EventId, ScanId, TicketId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import {
  type Door,
  decideScan,
  type Scan,
  type ScanAnswer,
  type ScanResult,
  type TicketState,
} from "./scan.ts";

export type Recorded = {
  readonly scan: Scan;
  readonly answer: ScanAnswer;
  /** Whose ticket it is; nothing where there is none. */
  readonly bookingId: BookingId | null;
};

/**
 * Writes scans down in the caller's transaction, the earliest first, and says what each means. The tickets' rows are
 * taken in the order of their ids and kept until the end: scans of the same tickets at other doors wait.
 */
export async function recordScans(
  sql: Sql,
  door: Door,
  scans: readonly Scan[],
  offline: boolean,
): Promise<Recorded[]> {
  const tickets = await takeTickets(sql, scans);
  const known = await readKnown(sql, scans);
  const fresh: Decided[] = [];
  for (const scan of scans.toSorted((left, right) => left.atMs - right.atMs))
    if (!known.has(scan.id)) {
      const decided = decide(door, scan, tickets);
      known.set(scan.id, rowOf(door, decided));
      fresh.push(decided);
    }
  await writeUses(sql, door, fresh);
  await writeScans(sql, door, fresh, offline);
  return scans.map((scan) => ({
    scan,
    answer: answerOf(door, scan, known.get(scan.id), tickets),
    bookingId: ticketOf(scan, tickets)?.bookingId ?? null,
  }));
}

type Ticket = TicketState & { bookingId: BookingId; usedAtMs: number | null; usedDoor: string | null };
type Tickets = Map<TicketId, Ticket>;
type Decided = { readonly scan: Scan; readonly result: ScanResult; readonly movesUse: boolean };
type KnownScan = {
  readonly event_id: EventId;
  readonly door_id: DoorId;
  readonly ticket_id: TicketId | null;
  readonly result: ScanResult;
};

/** Of an event that is cancelled no ticket is good, also one that was issued in that moment and is still to be made void. */
async function takeTickets(sql: Sql, scans: readonly Scan[]): Promise<Tickets> {
  const ids = scans.flatMap(({ claims }) => (claims === undefined ? [] : [claims.ticketId]));
  const { rows } = await sql.query<{
    id: TicketId;
    booking_id: BookingId;
    event_id: EventId;
    status: Ticket["status"];
    issue: number;
    used_at: Date | null;
    used_door: string | null;
  }>(
    `select t.id, t.booking_id, t.event_id, t.issue, t.used_at, t.used_door,
            case when e.status = 'cancelled' then 'refunded' else t.status end as status
       from tickets t join events e on e.id = t.event_id
      where t.id = any($1::uuid[]) order by t.id for update of t`,
    [ids],
  );
  return new Map(
    rows.map(
      ({ id, booking_id: bookingId, event_id: eventId, status, issue, used_at, used_door: usedDoor }) => {
        return [id, { bookingId, eventId, status, issue, usedAtMs: used_at?.getTime() ?? null, usedDoor }];
      },
    ),
  );
}

function ticketOf({ claims }: Scan, tickets: Tickets): Ticket | undefined {
  return claims === undefined ? undefined : tickets.get(claims.ticketId);
}

async function readKnown(sql: Sql, scans: readonly Scan[]): Promise<Map<ScanId, KnownScan>> {
  const { rows } = await sql.query<KnownScan & { id: ScanId }>(
    "select * from check_ins where id = any($1::uuid[])",
    [scans.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The earliest scan of a used ticket is its use, whichever was told first; nobody who is in is sent out for it. */
function decide({ eventId, name }: Door, scan: Scan, tickets: Tickets): Decided {
  const id = scan.claims?.ticketId;
  const ticket = ticketOf(scan, tickets);
  const result = decideScan(scan, eventId, ticket);
  const comesIn = result === "admitted" || result === "used";
  const movesUse = comesIn && (ticket?.usedAtMs ?? Infinity) > scan.atMs;
  if (id !== undefined && ticket !== undefined && movesUse)
    tickets.set(id, { ...ticket, status: "used", usedAtMs: scan.atMs, usedDoor: name });
  return { scan, result, movesUse };
}

/** With its own guard, whatever was decided: a ticket that is refunded stays so. */
async function writeUses(sql: Sql, { name }: Door, decided: readonly Decided[]): Promise<void> {
  const moving = decided.filter(({ movesUse }) => movesUse);
  if (moving.length === 0) return;
  await sql.query(
    `update tickets t set status = 'used', used_at = s.at, used_door = $3
       from (select id, min(at) as at from unnest($1::uuid[], $2::timestamptz[]) as u (id, at) group by id) s
      where t.id = s.id and (t.status = 'valid' or t.status = 'used' and t.used_at > s.at)`,
    [
      moving.map(({ scan }) => scan.claims?.ticketId ?? null),
      moving.map(({ scan }) => new Date(scan.atMs)),
      name,
    ],
  );
}

async function writeScans(
  sql: Sql,
  door: Door,
  decided: readonly Decided[],
  offline: boolean,
): Promise<void> {
  if (decided.length === 0) return;
  await sql.query(
    `insert into check_ins (id, event_id, door_id, ticket_id, result, scanned_at, offline)
     select s.id, $1, $2, s.ticket_id, s.result, s.scanned_at, $3
       from unnest($4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[]) as s (id, ticket_id, result, scanned_at)`,
    [
      door.eventId,
      door.doorId,
      offline,
      decided.map(({ scan }) => scan.id),
      decided.map(({ scan }) => scan.claims?.ticketId ?? null),
      decided.map(({ result }) => result),
      decided.map(({ scan }) => new Date(scan.atMs)),
    ],
  );
}

function rowOf({ eventId, doorId }: Door, { scan, result }: Decided): KnownScan {
  return { event_id: eventId, door_id: doorId, ticket_id: scan.claims?.ticketId ?? null, result };
}

/** As it was decided then; when and where the ticket was used, as it is known now. */
function answerOf(door: Door, scan: Scan, row: KnownScan | undefined, tickets: Tickets): ScanAnswer {
  const ticketId = scan.claims?.ticketId ?? null;
  if (row === undefined) throw new Error(`scan ${scan.id} was not written`);
  if (row.door_id !== door.doorId || row.ticket_id !== ticketId) return { result: "scan_id_reused" };
  const comesIn = row.result === "admitted" || row.result === "used";
  const ticket = comesIn ? ticketOf(scan, tickets) : undefined;
  const { usedAtMs = null, usedDoor = null } = ticket ?? {};
  return {
    result: row.result,
    ticketId,
    used: usedAtMs === null ? null : { atMs: usedAtMs, door: usedDoor ?? "" },
  };
}
