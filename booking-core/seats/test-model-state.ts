import type { BookingId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { parseHold } from "./hold.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { freeOf } from "./model-choice.ts";
import type { createSeatModel } from "./seat-model.ts";

/** All that Redis keeps of a section, and what it must be by the model. */
export async function readRealState(redis: Redis, { eventId, id }: LoadableSection) {
  const keys = sectionKeys(eventId, id);
  const [meta, seats, holds, unpaid] = await Promise.all([
    redis.hgetallBuffer(keys.meta),
    redis.get(keys.seats),
    redis.hgetall(keys.holds),
    redis.zrange(keys.unpaid, 0, -1, "WITHSCORES"),
  ]);
  const text = (name: string) => meta[name]?.toString() ?? "";
  return {
    seats: seats ?? "",
    counts: `${text("version")} ${text("epoch")} ${text("free")} ${text("held")}`,
    holds: Object.entries(holds)
      .map(([id, hold]) => parseHold(id as BookingId, hold))
      .toSorted(byId),
    unpaid,
    groups: [...(meta["groups"] ?? [])],
    runs: Object.entries(meta)
      .filter(([name]) => name.length === 1)
      .toSorted(([left], [right]) => left.charCodeAt(0) - right.charCodeAt(0))
      .map(([, record]) => [...record.subarray(0, 32)]),
  };
}

export function stateOfModel(section: LoadableSection, model: ReturnType<typeof createSeatModel>) {
  const { loaded, version, epoch } = model.state();
  const seats = loaded ? model.bytes() : "";
  const holds = model.holds().toSorted(byId);
  const unpaid = holds
    .filter(({ state }) => state === "held")
    .toSorted((left, right) => left.heldAtMs - right.heldAtMs);
  const runs = loaded ? runsOf(section, seats) : [];
  return {
    seats,
    counts: loaded ? `${version} ${epoch} ${free(section, model)} ${held(section, model)}` : "   ",
    holds,
    unpaid: unpaid.flatMap(({ bookingId, heldAtMs }) => [bookingId, String(heldAtMs)]),
    groups: runs.map((group) => Math.max(...group)),
    runs,
  };
}

function free({ segments }: LoadableSection, model: ReturnType<typeof createSeatModel>): string {
  const view = model.view();
  return segments.map((_, segment) => freeOf(view, segment)).join();
}

function held(section: LoadableSection, model: ReturnType<typeof createSeatModel>): string {
  const holds = model.holds().filter(({ state }) => state === "held");
  if (section.kind === "standing") return String(holds.reduce((sum, { quantity }) => sum + quantity, 0));
  const segmentOf = section.blocks.flatMap(({ seats, segment }) =>
    Array.from({ length: seats }, () => segment),
  );
  const segments = holds.flatMap(({ seatNumbers }) => seatNumbers.map((seat) => segmentOf[seat]));
  return section.segments.map((_, segment) => segments.filter((other) => other === segment).length).join();
}

/** Of each block its longest run of ordinary free seats, in groups of 32. */
function runsOf({ blocks }: LoadableSection, seats: string): number[][] {
  let past = 0;
  const longest = blocks.map((block) => {
    past += block.seats;
    const runs = seats.slice(past - block.seats, past).match(/0+/g) ?? [];
    return Math.max(0, ...runs.map((run) => run.length));
  });
  return Array.from({ length: Math.ceil(blocks.length / 32) }, (_, group) =>
    Array.from({ length: 32 }, (_none, place) => longest[group * 32 + place] ?? 0),
  );
}

function byId(left: { bookingId: string }, right: { bookingId: string }): number {
  return left.bookingId < right.bookingId ? -1 : 1;
}
