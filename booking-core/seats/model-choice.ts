import type { ClaimOutcome, Wish } from "./claim.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { seatClasses } from "./seat-bytes.ts";

/** What the rules of choosing look at. */
export type SeatsView = {
  readonly section: LoadableSection;
  classOf(seat: number): number;
  isTaken(seat: number): boolean;
  readonly standingFree: number;
};

type Chosen = { readonly seatNumbers: readonly number[]; readonly quantity: number };
export type Choice = Chosen | Exclude<ClaimOutcome, { outcome: "held" | "busy" }>;

export function chooseSeats(view: SeatsView, wish: Wish): Choice {
  switch (wish.mode) {
    case "best-available":
      return chooseBest(view, wish);
    case "manual":
      return chooseNamed(view, wish);
    case "groups":
      return chooseGroup(view, wish.groups);
    case "among":
      return chooseAmong(view, wish);
  }
}

const blocksTried = 16;

function seatsOfBlock({ section }: SeatsView, index: number): number[] {
  const first = section.blocks.slice(0, index).reduce((sum, { seats }) => sum + seats, 0);
  return Array.from({ length: section.blocks[index]?.seats ?? 0 }, (_, offset) => first + offset);
}

/** To who asks for the best. */
export function isOpen(view: SeatsView, seat: number): boolean {
  return !view.isTaken(seat) && view.classOf(seat) === seatClasses.ordinary;
}

/** To who names it: also accessible ones, and those of companions. */
function isOpenByName(view: SeatsView, seat: number): boolean {
  return !view.isTaken(seat) && view.classOf(seat) < seatClasses.blocked;
}

function blocksOf({ section }: SeatsView, segment: number): number[] {
  return [...section.blocks.keys()].filter((index) => section.blocks[index]?.segment === segment);
}

export function freeOf(view: SeatsView, segment: number): number {
  if (view.section.kind === "standing") return segment === 0 ? view.standingFree : 0;
  return blocksOf(view, segment)
    .flatMap((block) => seatsOfBlock(view, block))
    .filter((seat) => isOpen(view, seat)).length;
}

function chooseBest(view: SeatsView, wish: Extract<Wish, { mode: "best-available" }>): Choice {
  const freeIn = (segments: readonly number[]) =>
    segments.reduce((sum, segment) => sum + freeOf(view, segment), 0);
  const category =
    wish.segments.find((segments) => freeIn(segments) >= wish.quantity) ?? wish.segments.flat();
  const alone = category.find((segment) => freeOf(view, segment) >= wish.quantity);
  const segments = alone === undefined ? category : [alone];
  const free = freeIn(segments);
  if (free < wish.least) return { outcome: "sold_out", free };
  const quantity = Math.min(free, wish.quantity);
  if (view.section.kind === "standing") return { seatNumbers: [], quantity };
  const seatNumbers: number[] = [];
  for (const segment of segments) {
    const part = Math.min(freeOf(view, segment), quantity - seatNumbers.length);
    if (part > 0) seatNumbers.push(...takeFrom(view, segment, part, []));
  }
  return { seatNumbers: seatNumbers.toSorted((left, right) => left - right), quantity };
}

/** Together, else the larger half and then the smaller one. */
function takeFrom(view: SeatsView, segment: number, count: number, taken: readonly number[]): number[] {
  const rest = { ...view, isTaken: (seat: number) => taken.includes(seat) || view.isTaken(seat) };
  const together = placeTogether(rest, segment, count);
  if (together !== undefined) return together;
  const half = Math.ceil(count / 2);
  const first = takeFrom(view, segment, half, taken);
  return [...first, ...takeFrom(view, segment, count - half, [...taken, ...first])];
}

type Place = { readonly seats: number[]; readonly isClean: boolean; readonly distance: number };

function placeTogether(view: SeatsView, segment: number, count: number): number[] | undefined {
  const fitting = blocksOf(view, segment)
    .map((block) => ({ rank: view.section.blocks[block]?.rank, places: placesIn(view, block, count) }))
    .filter(({ places }) => places.length > 0);
  const sameRank = fitting.filter(({ rank }) => rank === fitting[0]?.rank).slice(0, blocksTried);
  const clean = sameRank
    .map(({ places }) => places.find(({ isClean }) => isClean))
    .find((place) => place !== undefined);
  return (clean ?? sameRank[0]?.places[0])?.seats;
}

/** Nearest to the centre first. */
function placesIn(view: SeatsView, block: number, count: number): Place[] {
  const seats = seatsOfBlock(view, block);
  const centre = view.section.blocks[block]?.centre ?? 0;
  const isFree = (offset: number) => seats[offset] !== undefined && isOpen(view, seats[offset]);
  return seats
    .map((_, offset): Place => {
      const before = isFree(offset - 1) && !isFree(offset - 2);
      const behind = isFree(offset + count) && !isFree(offset + count + 1);
      const distance = Math.abs(offset + (count - 1) / 2 - centre);
      return { seats: seats.slice(offset, offset + count), isClean: !before && !behind, distance };
    })
    .filter((place) => place.seats.length === count && place.seats.every((seat) => isOpen(view, seat)))
    .toSorted((left, right) => left.distance - right.distance);
}

function unknownAmong({ section }: SeatsView, seats: readonly number[]): number[] {
  return seats.filter((seat) => section.kind === "standing" || seat >= section.capacity);
}

function chooseNamed(view: SeatsView, wish: Extract<Wish, { mode: "manual" }>): Choice {
  const unknown = unknownAmong(view, wish.seatNumbers);
  if (unknown.length > 0) return { outcome: "seats_unknown", seatNumbers: unknown };
  const free = wish.seatNumbers.filter((seat) => isOpenByName(view, seat));
  const notFree = wish.seatNumbers.filter((seat) => !isOpenByName(view, seat));
  if (free.length < wish.least) return { outcome: "seats_taken", seatNumbers: notFree };
  const singles = wish.allowsSingles
    ? []
    : sparableSingles(
        view,
        free.filter((seat) => isOpen(view, seat)),
      );
  if (singles.length > 0) return { outcome: "leaves_single", seatNumbers: singles };
  return { seatNumbers: free, quantity: free.length };
}

/** Ordinary seats left free alone in a free run of which two or more seats stay free: an end of it would leave none alone. */
function sparableSingles(view: SeatsView, chosen: readonly number[]): number[] {
  const runs = new Set(chosen.map((seat) => freeRunAround(view, seat).join()));
  return [...runs].flatMap((text) => {
    const run = text.split(",").map(Number);
    const stays = (seat: number) => run.includes(seat) && !chosen.includes(seat);
    const left = run.filter(stays);
    return left.length < 2 ? [] : left.filter((seat) => !stays(seat - 1) && !stays(seat + 1));
  });
}

function freeRunAround(view: SeatsView, seat: number): number[] {
  const block = [...view.section.blocks.keys()]
    .map((index) => seatsOfBlock(view, index))
    .find((seats) => seats.includes(seat));
  const closed = (block ?? []).filter((other) => !isOpen(view, other));
  const from = Math.max(-1, ...closed.filter((other) => other < seat));
  const past = Math.min(Number.POSITIVE_INFINITY, ...closed.filter((other) => other > seat));
  return (block ?? []).filter((other) => other > from && other < past);
}

function chooseGroup(view: SeatsView, groups: readonly (readonly number[])[]): Choice {
  const unknown = unknownAmong(view, groups.flat());
  if (unknown.length > 0) return { outcome: "seats_unknown", seatNumbers: unknown };
  const group = groups.find((seats) => seats.every((seat) => isOpenByName(view, seat)));
  return group === undefined
    ? { outcome: "sold_out", free: 0 }
    : { seatNumbers: group, quantity: group.length };
}

function chooseAmong(view: SeatsView, wish: Extract<Wish, { mode: "among" }>): Choice {
  const places =
    view.section.kind === "standing" ? [] : wish.runs.flatMap((run) => placesOfRun(view, run, wish.class));
  const free = places.reduce((sum, place) => sum + place.length, 0);
  if (free < wish.least) return { outcome: "sold_out", free };
  const quantity = Math.min(free, wish.quantity);
  return { seatNumbers: takeOf(places, quantity).toSorted((left, right) => left - right), quantity };
}

/** The class's free seats of a run, parted where others lie between them. */
function placesOfRun(
  view: SeatsView,
  [first, count]: readonly [number, number],
  seatClass: number,
): number[][] {
  const blocks = [...view.section.blocks.keys()].map((index) => seatsOfBlock(view, index));
  const places: number[][] = [];
  for (const block of blocks) {
    let place: number[] = [];
    for (const seat of block) {
      const fits =
        seat >= first && seat < first + count && !view.isTaken(seat) && view.classOf(seat) === seatClass;
      if (fits && place.length === 0) places.push(place);
      if (fits) place.push(seat);
      else place = [];
    }
  }
  return places;
}

function takeOf(places: number[][], count: number): number[] {
  const fitting = places.find((place) => place.length >= count);
  if (fitting !== undefined) return fitting.splice(0, count);
  const half = Math.ceil(count / 2);
  return [...takeOf(places, half), ...takeOf(places, count - half)];
}
