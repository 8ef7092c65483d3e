import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Logger } from "../../foundation/log.ts";
import { inTransaction, type Pool, type Sql, withLock } from "../../foundation/postgres/pool.ts";
import type { HousePool, SeatMark } from "../events/event.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import { type SeatClass, seatClasses } from "../seats/seat-bytes.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import { letterOfClass } from "./house-pools.ts";

export type MarkParts = AuditedParts & {
  readonly jobs: Jobs;
  readonly seats: Pick<SeatEngine, "mark">;
  readonly logger: Logger;
};

export type SeatsToMark = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly seatNumbers: readonly number[];
};

export type MarkOutcome =
  | { readonly outcome: "marked"; readonly marked: number }
  | { readonly outcome: "not_found" | "pool_unknown" }
  | { readonly outcome: "seats_unknown"; readonly seatNumbers: readonly number[] };

type SectionRow = { capacity: number; kind: "seated" | "standing"; marks: SeatMark[]; pools: HousePool[] };

/** Says what seats are for. Who holds or has bought one of them keeps it; the seat is of its class once it is free. */
export async function markSeats(
  parts: MarkParts,
  actor: Actor,
  wanted: SeatsToMark,
  to: SeatClass,
): Promise<MarkOutcome> {
  const outcome = await inTransaction(parts.pool, (sql) => storeMarks(parts, sql, actor, wanted, to));
  if (outcome.outcome === "marked")
    await applyMarks(parts, wanted).catch((error: unknown) => {
      parts.logger.warn({ err: error, ...wanted }, "seats are marked in Redis a little later");
    });
  return outcome;
}

async function storeMarks(
  parts: MarkParts,
  sql: Sql,
  actor: Actor,
  wanted: SeatsToMark,
  to: SeatClass,
): Promise<MarkOutcome> {
  const { eventId, sectionId, seatNumbers } = wanted;
  const section = await lockSection(sql, wanted);
  if (section === undefined) return { outcome: "not_found" };
  const unknown = seatNumbers.filter((number) => section.kind === "standing" || number >= section.capacity);
  if (unknown.length > 0) return { outcome: "seats_unknown", seatNumbers: unknown };
  if (to >= seatClasses.firstHouse && !section.pools.some(({ seatClass }) => seatClass === to))
    return { outcome: "pool_unknown" };
  const marks = withMarks(section.marks, seatNumbers, to);
  await sql.query("update sections set marks = $2 where id = $1", [sectionId, JSON.stringify(marks)]);
  const before = { sectionId, seats: marksOf(section.marks, seatNumbers).map(inWords) };
  const after = { sectionId, seats: marksOf(marks, seatNumbers).map(inWords) };
  await writeAudit(parts, sql, { eventId, actor, action: "seats_marked", before, after });
  await parts.jobs.insert(sql, "mark-seats", [{ data: { ...wanted, seatNumbers: [...seatNumbers] } }]);
  return { outcome: "marked", marked: seatNumbers.length };
}

async function lockSection(sql: Sql, { eventId, sectionId }: SeatsToMark): Promise<SectionRow | undefined> {
  const found = await sql.query<SectionRow>(
    `select s.capacity, s.kind, s.marks, e.pools from sections s join events e on e.id = s.event_id
      where s.id = $1 and e.id = $2 for update of s`,
    [sectionId, eventId],
  );
  return found.rows[0];
}

function withMarks(marks: readonly SeatMark[], seatNumbers: readonly number[], to: SeatClass): SeatMark[] {
  const classes = new Map(marks);
  for (const number of seatNumbers) {
    if (to === seatClasses.ordinary) classes.delete(number);
    else classes.set(number, to);
  }
  return [...classes].toSorted(([left], [right]) => left - right);
}

/** Of these seats, whatever they are. */
function marksOf(marks: readonly SeatMark[], seatNumbers: readonly number[]): SeatMark[] {
  const classes = new Map(marks);
  return seatNumbers.map((number) => [number, classes.get(number) ?? seatClasses.ordinary]);
}

const classNames = ["ordinary", "accessible", "companion", "blocked"] as const;

function inWords([seatNumber, seatClass]: SeatMark): readonly [number, string] {
  return [seatNumber, classNames[seatClass] ?? `house ${letterOfClass(seatClass)}`];
}

/**
 * Brings what Postgres says of these seats to Redis. One after the other for a section: of two changes, the older one
 * never comes last. May be repeated.
 */
export async function applyMarks(
  { pool, seats }: { readonly pool: Pool; readonly seats: Pick<SeatEngine, "mark"> },
  { eventId, sectionId, seatNumbers }: SeatsToMark,
): Promise<void> {
  await withLock(pool, `marks of ${sectionId}`, async (sql) => {
    const found = await sql.query<Pick<SectionRow, "marks">>("select marks from sections where id = $1", [
      sectionId,
    ]);
    // Where the section is not loaded, whoever loads it reads the marks then.
    await seats.mark(eventId, sectionId, marksOf(found.rows[0]?.marks ?? [], seatNumbers));
  });
}
