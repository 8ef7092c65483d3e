import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import type { LiveHold } from "./claim.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { createSeatEngine } from "./seat-engine.ts";
import { createSeatModel, type Reading } from "./seat-model.ts";
import { readRealState, stateOfModel } from "./test-model-state.ts";
import { bookings, type SeatCommand } from "./test-seat-commands.ts";
import { newBookingId, newPlace } from "./test-section.ts";

type Kind<Name extends SeatCommand["kind"]> = Extract<SeatCommand, { kind: Name }>;

/** One section, in Redis and in the model, and what Postgres would know of it. */
export function createModelRun(redis: Redis, layout: LoadableSection) {
  // Of its own each time: fast-check follows one layout again and again while it looks for the shortest failure.
  const section = { ...layout, ...newPlace() };
  const { eventId, id } = section;
  let nowMs = 1_000_000;
  const seats = createSeatEngine({ redis, clock: { now: () => nowMs } });
  const model = createSeatModel(section, limits.booking.orphanHoldMs);
  const ids = Array.from({ length: bookings }, newBookingId).toSorted();
  const idOf = (booking: number) => ids[booking] as BookingId;
  const booked = new Map<BookingId, LiveHold>();
  const marks = new Map<number, number>();
  let reading: Reading = { ends: 0, live: [], marks: [] };

  /** Together, so that they share a call of the script. */
  async function claims({ claims }: Kind<"claims">) {
    const wanted = claims.map(({ booking, hash, wish, paymentMs }) => ({
      bookingId: idOf(booking),
      requestHash: hash,
      deadlineMs: nowMs + paymentMs,
      wish,
    }));
    const expected = model.claimAll(wanted.map((claim) => ({ ...claim, heldAtMs: nowMs })));
    const real = await Promise.all(wanted.map((claim) => seats.claim({ eventId, sectionId: id, ...claim })));
    return { real, expected };
  }

  /** Postgres keeps a booking whose seats no other live one has; else its claim is undone. */
  async function commit(booking: number) {
    const waiting = model.holds().filter(({ bookingId }) => !booked.has(bookingId));
    const hold = waiting[booking % waiting.length];
    if (hold === undefined) return;
    const others = [...booked.values()];
    const taken = hold.seatNumbers.some((seat) =>
      others.some(({ seatNumbers }) => seatNumbers.includes(seat)),
    );
    const sum = others.reduce((total, { quantity }) => total + quantity, hold.quantity);
    if (taken || sum > section.capacity) return release(ids.indexOf(hold.bookingId));
    const { heldAtMs: _, ...live } = hold;
    booked.set(hold.bookingId, live);
  }

  async function release(booking: number) {
    booked.delete(idOf(booking));
    model.end([{ what: "release", bookingId: idOf(booking) }]);
    await seats.release(eventId, id, [idOf(booking)]);
  }

  async function confirm(booking: number) {
    const live = booked.get(idOf(booking));
    if (live !== undefined) booked.set(idOf(booking), { ...live, state: "sold" });
    model.end([{ what: "confirm", bookingId: idOf(booking) }]);
    await seats.confirm(eventId, id, [idOf(booking)]);
  }

  /** As it was given last, or else before. */
  async function undo({ booking, isLate }: Kind<"undo">) {
    const bookingId = idOf(booking);
    if (booked.has(bookingId) && !isLate) return;
    const heldAtMs = lastTimeOf(bookingId) - (isLate ? 1 : 0);
    model.undo(bookingId, heldAtMs);
    await seats.undo(eventId, id, [{ bookingId, heldAtMs }]);
  }

  /** By who was given it last, or one of those before, or nobody. */
  async function leave({ booking, before }: Kind<"leave">) {
    const bookingId = idOf(booking);
    if (booked.has(bookingId)) return;
    const heldAtMs = lastTimeOf(bookingId) - before;
    model.leave(bookingId, heldAtMs);
    await seats.leave(eventId, id, [{ bookingId, heldAtMs }]);
  }

  function lastTimeOf(bookingId: BookingId): number {
    return model.holds().find((known) => known.bookingId === bookingId)?.heldAtMs ?? nowMs;
  }

  /** Of some seats by their place in the booking. */
  async function shrink({ booking, seats: places, left }: Kind<"shrink">) {
    const live = [...booked.values()][booking % booked.size];
    if (live === undefined) return;
    const giveBack = places.flatMap((place) => live.seatNumbers[place] ?? []);
    const seatNumbers = live.seatNumbers.filter((seat) => !giveBack.includes(seat));
    const quantity = section.kind === "standing" ? Math.min(left, live.quantity) : seatNumbers.length;
    if (quantity === 0) booked.delete(live.bookingId);
    else booked.set(live.bookingId, { ...live, seatNumbers, quantity });
    const entry = { bookingId: live.bookingId, giveBack, left };
    model.end([{ what: "shrink", ...entry }]);
    await seats.shrink(eventId, id, [entry]);
  }

  async function mark(wanted: Kind<"mark">) {
    const known = section.kind === "standing" ? [] : wanted.marks.filter(([seat]) => seat < section.capacity);
    if (known.length === 0) return;
    for (const [seat, seatClass] of known) marks.set(seat, seatClass);
    return { expected: model.mark(known), real: await seats.mark(eventId, id, known) };
  }

  /** As the job of the deadline does it: Postgres first. */
  async function expire() {
    const over = model.holds().filter(({ deadlineMs, state }) => state === "held" && deadlineMs <= nowMs);
    const overIds = over.map(({ bookingId }) => bookingId);
    for (const bookingId of overIds) booked.delete(bookingId);
    model.end(overIds.map((bookingId) => ({ what: "release" as const, bookingId })));
    await seats.release(eventId, id, overIds);
  }

  async function read() {
    reading = { ends: model.ends(), live: [...booked.values()], marks: [...marks] };
    return { expected: model.ends(), real: await seats.endsSoFar(eventId, id) };
  }

  async function load() {
    const expected = model.load(reading, nowMs);
    const real = await seats.load({ ...section, marks: reading.marks }, reading.live, reading.ends);
    // The next who builds it has read now, and it may be long until then.
    await read();
    return { expected, real };
  }

  async function forget() {
    model.forget();
    await redis.del(Object.values(sectionKeys(eventId, id)));
  }

  async function follow(command: SeatCommand): Promise<{ real: unknown; expected: unknown } | undefined> {
    switch (command.kind) {
      case "claims":
        return claims(command);
      case "commit":
        await commit(command.booking);
        break;
      case "release":
        await release(command.booking);
        break;
      case "confirm":
        await confirm(command.booking);
        break;
      case "undo":
        await undo(command);
        break;
      case "leave":
        await leave(command);
        break;
      case "shrink":
        await shrink(command);
        break;
      case "mark":
        return mark(command);
      case "wait":
        nowMs += command.ms;
        break;
      case "expire":
        await expire();
        break;
      case "read":
        return read();
      case "load":
        return load();
      case "readAndLoad":
        await read();
        return load();
      case "forget":
        await forget();
        break;
    }
    return undefined;
  }

  return {
    follow,
    expected: () => stateOfModel(section, model),
    real: () => readRealState(redis, section),
    end: forget,
  };
}
