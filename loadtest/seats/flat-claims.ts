import type { Redis as NodeClient } from "ioredis";
import type { LoadableSection } from "../../booking-core/seats/loadable-section.ts";
import { createSeatEngine, type SeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { newBookingId } from "../../booking-core/seats/test-section.ts";
import { systemClock } from "../../foundation/clock.ts";
import type { BookingId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { quantile } from "../bench/quantile.ts";
import { timeInCommand } from "../bench/redis-readings.ts";
import type { Measurement } from "../bench/report.ts";
import { loadSections, newClaim } from "./claim-call.ts";

/** Where claims are timed: a name, and the sections that they go to in turns. */
type Place = { readonly name: string; readonly sections: readonly LoadableSection[] };
type Timed = { readonly tookUs: number[]; scriptUs: number; calls: number };
type Servers = { readonly redis: Redis; readonly node: NodeClient };

const claimsInTurn = 100;
const seatsEach = 2;

/** The time of a claim in large and in small, and in what is nearly sold and in what is empty. */
export async function flatClaims({ redis, node }: Servers, turns: number): Promise<Measurement[]> {
  const seats = createSeatEngine({ redis, clock: systemClock });
  const load = async (name: string, count: number, seatsInSection: number): Promise<Place> => ({
    name,
    sections: await loadSections(seats, count, seatsInSection),
  });
  const pairs = [
    [await load("an event of 100,000 seats", 400, 250), await load("one of 1,000", 4, 250), 1.3],
    [await load("a section of 20,000 seats", 1, 20_000), await load("one of 500", 1, 500), 1.5],
    [await nearlySold(seats, 20_000), await load("an empty one", 1, 20_000), 1.5],
  ] as const;
  const found: Measurement[] = [];
  for (const [large, small, most] of pairs)
    found.push(...(await compare({ seats, node, turns }, large, small, most)));
  return found;
}

/** All is taken, and a twentieth of the bookings, wherever they are, is given back. */
async function nearlySold(seats: SeatEngine, seatsInSection: number): Promise<Place> {
  const sections = await loadSections(seats, 1, seatsInSection);
  const [section] = sections;
  const bookingIds = Array.from({ length: seatsInSection / 10 }, () => newBookingId());
  await Promise.all(bookingIds.map((id) => seats.claim(newClaim(section, 10, id))));
  await seats.release(
    section.eventId,
    section.id,
    bookingIds.filter((_, index) => index % 20 === 7),
  );
  return { name: "a section that is 95% sold", sections };
}

type Stand = { readonly seats: SeatEngine; readonly node: NodeClient; readonly turns: number };

/** In turns, so that what else the machine does falls on both. */
async function compare(stand: Stand, large: Place, small: Place, most: number): Promise<Measurement[]> {
  const times = { large: newTimed(), small: newTimed() };
  await timeClaims(stand, large, newTimed());
  await timeClaims(stand, small, newTimed());
  for (let turn = 0; turn < stand.turns; turn += 1) {
    await timeClaims(stand, large, times.large);
    await timeClaims(stand, small, times.small);
  }
  const p50 = (timed: Timed) => quantile(timed.tookUs, 0.5);
  const inScript = ({ scriptUs, calls }: Timed) => scriptUs / calls;
  return [
    {
      ...{ name: `claim p50 in ${large.name}`, value: p50(times.large), unit: "µs" },
      limit: { name: small.name, value: p50(times.small) },
      bar: { of: "ratio", sign: "≤", at: most, size: "full" },
    },
    {
      ...{ name: `of it in the script, in ${large.name}`, value: inScript(times.large), unit: "µs" },
      limit: { name: small.name, value: inScript(times.small) },
    },
  ];
}

function newTimed(): Timed {
  return { tookUs: [], scriptUs: 0, calls: 0 };
}

/** One after the other; the seats are given back afterwards. */
async function timeClaims({ seats, node }: Stand, { sections }: Place, timed: Timed): Promise<void> {
  const claimed: { readonly section: LoadableSection; readonly bookingId: BookingId }[] = [];
  const { calls, perCallMs } = await timeInCommand(node, "evalsha", async () => {
    for (let count = 0; count < claimsInTurn; count += 1) {
      // Spread over all of them, also where a turn has fewer claims than there are sections.
      const section = sections[(count * 37) % sections.length];
      if (section === undefined) throw new Error("there is no section");
      const claim = newClaim(section, seatsEach);
      const startedMs = performance.now();
      const { outcome } = await seats.claim(claim);
      timed.tookUs.push((performance.now() - startedMs) * 1_000);
      if (outcome !== "held") throw new Error(`a claim was ${outcome}`);
      claimed.push({ section, bookingId: claim.bookingId });
    }
  });
  timed.scriptUs += calls * perCallMs * 1_000;
  timed.calls += calls;
  for (const { section, bookingId } of claimed) await seats.release(section.eventId, section.id, [bookingId]);
}
