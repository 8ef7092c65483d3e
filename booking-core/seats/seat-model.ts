import type { BookingId } from "../../foundation/ids.ts";
import type { ClaimOutcome, LiveHold, Wish } from "./claim.ts";
import type { Shrinking } from "./hold-ends.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { chooseSeats, type SeatsView } from "./model-choice.ts";
import { type SeatClass, seatByte } from "./seat-bytes.ts";

/** What the scripts must do, said once more by the rules alone: no index, no blocks at once, no text. */
export type ModelHold = LiveHold & { readonly heldAtMs: number };
export type ModelClaim = Omit<ModelHold, "seatNumbers" | "quantity" | "state"> & { readonly wish: Wish };

type HoldEnd =
  | { readonly what: "release"; readonly bookingId: BookingId }
  | { readonly what: "confirm"; readonly bookingId: BookingId }
  | ({ readonly what: "shrink" } & Shrinking);
type End =
  | HoldEnd
  | { readonly what: "mark"; readonly marks: LoadableSection["marks"] }
  | { readonly what: "load" };

/** What somebody who is about to build the section has read. */
export type Reading = {
  readonly ends: number;
  readonly live: readonly LiveHold[];
  readonly marks: LoadableSection["marks"];
};

/** Of one hold: with more nobody keeps count, and it ends as an orphan. */
const mostSharers = 16;

export function createSeatModel(section: LoadableSection, keepMs: number) {
  let holds = new Map<BookingId, ModelHold>();
  let classes = new Map<number, SeatClass>();
  let ends: End[] = [];
  /** Of a hold that was given to several: its time then, and the times of those who may still book it. */
  let sharers = new Map<BookingId, { readonly heldAtMs: number; readonly givenAtMs: readonly number[] }>();
  let state = { loaded: false, version: 0, epoch: 0 };

  const view = (): SeatsView => ({
    section,
    classOf: (seat) => classes.get(seat) ?? 0,
    isTaken: (seat) => [...holds.values()].some((hold) => hold.seatNumbers.includes(seat)),
    standingFree: section.capacity - sum([...holds.values()].map((hold) => hold.quantity)),
  });

  /** Claims that share a call make one version. */
  function claimAll(claims: readonly ModelClaim[]): ClaimOutcome[] {
    const before = state.version;
    const outcomes = claims.map(claim);
    if (outcomes.some((outcome) => outcome.outcome === "held" && outcome.fresh)) state.version = before + 1;
    return outcomes;
  }

  function claim({ wish, ...wanted }: ModelClaim): ClaimOutcome {
    const { bookingId, requestHash } = wanted;
    if (!state.loaded) return { outcome: "section_missing" };
    const known = holds.get(bookingId);
    if (known !== undefined && known.requestHash !== requestHash)
      return { outcome: "idempotency_key_reused" };
    if (known !== undefined) return takeOver(known, wanted.heldAtMs);
    const choice = chooseSeats(view(), wish);
    if ("outcome" in choice) return choice;
    const made = { ...wanted, state: "held" as const, ...choice };
    holds.set(bookingId, made);
    return held(made, true);
  }

  function takeOver(known: ModelHold, nowMs: number): ClaimOutcome {
    if (known.state === "sold") return held(known, false);
    const heldAtMs = Math.max(nowMs, known.heldAtMs + 1);
    const before = givenOf(known);
    const givenAtMs = [...(before.length < mostSharers ? before : [0]), heldAtMs];
    sharers.set(known.bookingId, { heldAtMs, givenAtMs });
    const taken = { ...known, heldAtMs };
    holds.set(known.bookingId, taken);
    return held(taken, false);
  }

  function givenOf({ bookingId, heldAtMs }: ModelHold): readonly number[] {
    const shared = sharers.get(bookingId);
    return shared?.heldAtMs === heldAtMs ? shared.givenAtMs : [heldAtMs];
  }

  function held({ seatNumbers, quantity, deadlineMs, heldAtMs }: ModelHold, fresh: boolean): ClaimOutcome {
    return { outcome: "held", seatNumbers, quantity, fresh, deadlineMs, heldAtMs };
  }

  /** Each in turn; all of them make one version. */
  function end(list: readonly HoldEnd[]): void {
    ends.push(...list);
    if (!state.loaded) return;
    const changes = list.filter((one) => changeHold(holds, one));
    if (changes.length > 0) state.version += 1;
  }

  function undo(bookingId: BookingId, heldAtMs: number): void {
    const hold = holds.get(bookingId);
    if (hold?.state === "held" && hold.heldAtMs === heldAtMs) free(bookingId);
  }

  function leave(bookingId: BookingId, leaver: number): void {
    const hold = holds.get(bookingId);
    if (hold?.state !== "held") return;
    const left = givenOf(hold).filter((givenAtMs) => givenAtMs !== leaver);
    if (left.length === 0) free(bookingId);
    else sharers.set(bookingId, { heldAtMs: hold.heldAtMs, givenAtMs: left });
  }

  function free(bookingId: BookingId): void {
    holds.delete(bookingId);
    state.version += 1;
  }

  function mark(marks: LoadableSection["marks"]): "marked" | "section_missing" {
    ends.push({ what: "mark", marks });
    if (!state.loaded) return "section_missing";
    for (const [seat, seatClass] of marks) classes.set(seat, seatClass);
    state.version += 1;
    return "marked";
  }

  function load(reading: Reading, nowMs: number): "loaded" | "moved" {
    const since = ends.length - reading.ends;
    if (since < 0) return "moved";
    const live = new Map(reading.live.map((hold) => [hold.bookingId, { ...hold, heldAtMs: nowMs }]));
    const nextClasses = new Map(reading.marks);
    const fresh = [...holds.values()].filter(
      (hold) => hold.state === "held" && hold.heldAtMs >= nowMs - keepMs,
    );
    fresh.sort(
      (left, right) => left.heldAtMs - right.heldAtMs || (left.bookingId < right.bookingId ? -1 : 1),
    );
    for (const one of since === 0 ? [] : ends.slice(-since)) {
      if (one.what === "load") return "moved";
      if (one.what === "mark") for (const [seat, seatClass] of one.marks) nextClasses.set(seat, seatClass);
      else if (one.what === "confirm" && !live.has(one.bookingId)) {
        const paid = holds.get(one.bookingId);
        if (paid === undefined) return "moved";
        fresh.push(paid);
      } else changeHold(live, one);
    }
    [holds, classes] = [live, nextClasses];
    for (const hold of fresh) if (!holds.has(hold.bookingId) && fits(hold)) holds.set(hold.bookingId, hold);
    ends.push({ what: "load" });
    state = { loaded: true, version: state.version + 1, epoch: Math.max(state.epoch + 1, nowMs) };
    return "loaded";
  }

  function fits(hold: ModelHold): boolean {
    const { isTaken, standingFree } = view();
    if (section.kind === "standing") return hold.quantity <= standingFree;
    return !hold.seatNumbers.some(isTaken);
  }

  /** Redis loses everything. */
  function forget(): void {
    [holds, classes, ends, sharers] = [new Map(), new Map(), [], new Map()];
    state = { loaded: false, version: 0, epoch: 0 };
  }

  function stateOfSeat(seat: number) {
    return [...holds.values()].find((hold) => hold.seatNumbers.includes(seat))?.state ?? "free";
  }

  return {
    claimAll,
    end,
    undo,
    leave,
    mark,
    load,
    forget,
    holds: (): readonly ModelHold[] => [...holds.values()],
    ends: () => ends.length,
    state: () => state,
    bytes: () =>
      section.kind === "standing"
        ? ""
        : String.fromCharCode(
            ...Array.from({ length: section.capacity }, (_, seat) =>
              seatByte(classes.get(seat) ?? 0, stateOfSeat(seat)),
            ),
          ),
    view,
  };
}

/** Whether that changed anything. */
function changeHold<Hold extends LiveHold>(holds: Map<BookingId, Hold>, end: HoldEnd): boolean {
  const hold = holds.get(end.bookingId);
  if (hold === undefined) return false;
  if (end.what === "release") return holds.delete(end.bookingId);
  if (end.what === "confirm") {
    holds.set(end.bookingId, { ...hold, state: "sold" });
    return hold.state === "held";
  }
  const seatNumbers = hold.seatNumbers.filter((seat) => !end.giveBack.includes(seat));
  const quantity = hold.seatNumbers.length === 0 ? Math.min(hold.quantity, end.left) : seatNumbers.length;
  if (quantity === 0) return holds.delete(end.bookingId);
  holds.set(end.bookingId, { ...hold, seatNumbers, quantity });
  return quantity !== hold.quantity;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
