import type { Section } from "../events/event.ts";
import { blockOf } from "../events/layout.ts";
import type { SectionSnapshot } from "../seats/claim.ts";
import type { Hold } from "../seats/hold.ts";
import { classOf, type SeatState, seatClasses, stateOf } from "../seats/seat-bytes.ts";

export type Suspects = (readonly [key: string, sentence: string])[];

/** What is wrong with the seats of a section as Redis has them: their states, their classes and their counts. */
export function lookAtSeats(section: Section, snapshot: SectionSnapshot, holds: readonly Hold[]): Suspects {
  if (section.kind === "standing") return countsDiffer(snapshot, countPlaces(section, holds));
  if (snapshot.seats.length !== section.capacity)
    return [["length", `${snapshot.seats.length} seats are in Redis, and Postgres has ${section.capacity}`]];
  const counted = countsDiffer(snapshot, countSeats(section, snapshot.seats));
  return [...strayedStates(snapshot.seats, holds), ...strayedClasses(section, snapshot.seats), ...counted];
}

/** Every seat that is not free has its hold, and every hold's seats are marked. */
function strayedStates(seats: string, holds: readonly Hold[]): Suspects {
  const expected = new Map<number, SeatState>();
  for (const { state, seatNumbers } of holds) for (const seat of seatNumbers) expected.set(seat, state);
  return bytesOf(seats).flatMap((byte, seat): Suspects => {
    const [state, wanted] = [stateOf(byte), expected.get(seat) ?? "free"];
    return state === wanted
      ? []
      : [[`state ${seat}`, `seat ${seat} is ${state}, and by its holds it is ${wanted}`]];
  });
}

function strayedClasses({ marks }: Section, seats: string): Suspects {
  const classes = new Map(marks);
  return bytesOf(seats).flatMap((byte, seat): Suspects => {
    const [is, wanted] = [classOf(byte), classes.get(seat) ?? seatClasses.ordinary];
    return is === wanted
      ? []
      : [[`class ${seat}`, `seat ${seat} has class ${is} in Redis and ${wanted} in Postgres`]];
  });
}

type Counts = { readonly free: readonly number[]; readonly held: readonly number[] };

function countPlaces({ capacity }: Section, holds: readonly Hold[]): Counts {
  const sum = (counted: readonly Hold[]) => counted.reduce((total, { quantity }) => total + quantity, 0);
  return { free: [capacity - sum(holds)], held: [sum(holds.filter(({ state }) => state === "held"))] };
}

function countSeats({ blocks, segments }: Section, seats: string): Counts {
  const [free, held] = [segments.map(() => 0), segments.map(() => 0)];
  for (const [seat, byte] of bytesOf(seats).entries()) {
    const { segment } = blockOf(blocks, seat);
    if (stateOf(byte) === "held") held[segment] = (held[segment] ?? 0) + 1;
    else if (stateOf(byte) === "free" && classOf(byte) === seatClasses.ordinary)
      free[segment] = (free[segment] ?? 0) + 1;
  }
  return { free, held };
}

function countsDiffer(is: Counts, wanted: Counts): Suspects {
  return (["free", "held"] as const).flatMap((what): Suspects => {
    const [counted, seen] = [is[what].join(" "), wanted[what].join(" ")];
    if (counted === seen) return [];
    return [[what, `${counted} are counted as ${what} by segment, and by the seats and holds it is ${seen}`]];
  });
}

function bytesOf(seats: string): number[] {
  return Array.from(seats, (letter) => letter.charCodeAt(0));
}
