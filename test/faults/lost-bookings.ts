import type { Records } from "./records.ts";
import type { Site } from "./site.ts";
import type { Asking, ToldBooking } from "./told-booking.ts";

type BookingRow = {
  readonly id: string;
  readonly status: string;
  readonly deadline: Date;
  readonly ended_at: Date | null;
  readonly extended: boolean;
  readonly seats: readonly string[];
  readonly given_back: readonly number[];
  readonly live: readonly number[];
};

const bookings = `
  select b.id, b.status, b.deadline, b.ended_at, b.extended,
         array_agg(s.section_id || '/' || coalesce(s.seat_number::text, '-') order by s.position) as seats,
         coalesce(array_agg(s.position order by s.position) filter (where s.given_back), '{}') as given_back,
         coalesce(array_agg(s.position order by s.position) filter (where s.live), '{}') as live
    from bookings b join booking_seats s on s.booking_id = b.id group by b.id`;

/** Holds every booking against what its buyer was told of it, asked for and was answered. */
export async function lostBookings({ pool }: Pick<Site, "pool">, records: Records): Promise<string[]> {
  const { rows } = await pool.query<BookingRow>(bookings);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const untold = rows.filter(({ id }) => !records.bookings.has(id));
  return [
    ...[...records.bookings.values()].flatMap((told) => problemsOf(told, byId.get(told.id))),
    ...untold.filter(isChanged).map(({ id }) => `booking ${id}, of which nobody was told, was changed`),
  ];
}

function isChanged({ status, extended, given_back: givenBack }: BookingRow): boolean {
  return status === "cancelled" || extended || givenBack.length > 0;
}

export function problemsOf(told: ToldBooking, row: BookingRow | undefined): string[] {
  const name = `booking ${told.id}, which was answered,`;
  if (row === undefined) return [`${name} is not in Postgres`];
  const problems = [seatsProblem(told, row), endProblem(told, row), deadlineProblem(told, row)];
  return problems.flatMap((problem) => (problem === undefined ? [] : [`${name} ${problem}`]));
}

function seatsProblem(told: ToldBooking, row: BookingRow): string | undefined {
  const answered = told.seats.map(({ sectionId, seatNumber }) => `${sectionId}/${seatNumber ?? "-"}`).join();
  if (row.seats.join() !== answered) return `has seats ${row.seats.join()} and not ${answered}`;
  const positions = told.seats.map(({ position }) => position);
  const wrong = positions.filter(
    (position) => !fits(told.givenBack.get(position) ?? "no", row.given_back.includes(position)),
  );
  if (wrong.length > 0)
    return `has given back ${row.given_back.join() || "nothing"}, which is not as answered for ${wrong.join()}`;
  const kept = positions.filter((position) => !row.given_back.includes(position));
  const wanted = row.status === "paid" ? kept.join() : "";
  return row.live.join() === wanted
    ? undefined
    : `is ${row.status}, and live are its seats ${row.live.join()}`;
}

/** At rest a booking is paid, or has ended as its buyer or its deadline wanted. */
const rightfulEnds = ["paid", "expired", "refunded", "partly_refunded", "failed", "cancelled"];

function endProblem(told: ToldBooking, { status }: BookingRow): string | undefined {
  const isRight = rightfulEnds.includes(status) && fits(told.cancelled, status === "cancelled");
  return isRight ? undefined : `is ${status}, and to cancel it was answered: ${told.cancelled}`;
}

function deadlineProblem(told: ToldBooking, row: BookingRow): string | undefined {
  if (!fits(told.putOff, row.extended))
    return `is ${row.extended ? "" : "not "}put off, and that was answered: ${told.putOff}`;
  const deadlineMs = row.deadline.getTime();
  if (told.putOff !== "asked" && deadlineMs !== told.deadlineMs)
    return `has the deadline ${row.deadline.toISOString()} and not ${new Date(told.deadlineMs).toISOString()}`;
  const isEarly = row.status === "expired" && row.ended_at !== null && row.ended_at.getTime() < deadlineMs;
  return isEarly ? "expired before its deadline" : undefined;
}

/** What nobody has answered may be done or not. */
function fits(asking: Asking, isDone: boolean): boolean {
  return asking === "asked" || (asking === "done") === isDone;
}
