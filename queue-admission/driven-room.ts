import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import { openRoomsKey, roomKeys } from "../foundation/redis/keys.ts";
import { createBackgroundWork } from "./background-work.ts";
import type { DriverParts } from "./driver-parts.ts";
import { parseLanes } from "./lanes.ts";
import { createRoomBook, type RoomBook } from "./room-book.ts";
import { createRoomDraw } from "./room-draw.ts";
import { handBackLease, type StepReply, stepRoom, takeLease } from "./room-lease.ts";

/** One room as one driver sees it. */
export type DrivenRoom = {
  /** Starts a step unless the last one still runs. A failure is logged, and the next step tries again. */
  step(): void;
  /** Waits for the running step and gives the lease, if it is held, to whoever asks next. */
  handBack(): Promise<void>;
};

type Driving = DriverParts & {
  readonly eventId: EventId;
  /** The fencing number of the lease that is held. */
  fence: number | undefined;
  /** Failures in a row: the first of them is logged, and their end. */
  failures: number;
  /** What this driver knows of the room while it has the lease. */
  book: RoomBook | undefined;
  /** Beside the steps, which never wait for it. */
  readonly background: ReturnType<typeof createBackgroundWork>;
  readonly draw: ReturnType<typeof createRoomDraw>;
};

export function createDrivenRoom(parts: DriverParts, eventId: EventId): DrivenRoom {
  const logger = parts.logger.child({ eventId, driverId: parts.driverId });
  const background = createBackgroundWork(logger);
  const driving: Driving = {
    ...parts,
    logger,
    eventId,
    fence: undefined,
    failures: 0,
    book: undefined,
    background,
    draw: createRoomDraw({ ...parts, logger }, eventId),
  };
  let running: Promise<void> | undefined;
  return {
    step() {
      running ??= stepSafely(driving).finally(() => {
        running = undefined;
      });
    },
    async handBack() {
      await running;
      await background.settled();
      await handBackSafely(driving);
    },
  };
}

async function stepSafely(driving: Driving): Promise<void> {
  try {
    await leaseAndStep(driving);
    if (driving.failures > 0) driving.logger.info({ failures: driving.failures }, "the room is driven again");
    driving.failures = 0;
  } catch (error) {
    driving.failures += 1;
    // Begun anew with the next step: what this driver believes of the room may be what fails.
    driving.fence = undefined;
    driving.book = undefined;
    if (driving.failures === 1) driving.logger.error({ err: error }, "a step of the room failed");
  }
}

async function leaseAndStep(driving: Driving): Promise<void> {
  const fence = driving.fence ?? (await lease(driving));
  if (fence === undefined) return;
  driving.book ??= await createRoomBook(driving, driving.eventId);
  const reply = await stepRoom(driving, driving.eventId, fence, driving.book.orders());
  if (reply[0] !== "stepped") {
    driving.fence = undefined;
    driving.book = undefined;
    driving.logger.warn({ outcome: reply[0] }, outcomes[reply[0]]);
    return;
  }
  await afterStep(driving, fence, driving.book, reply);
}

const outcomes = {
  fenced: "the lease of the room is lost",
  room_missing: "Redis does not know the room",
  clock_wrong: "the clock of this process is too far from that of Redis to drive a room",
} as const;

type Stepped = Extract<StepReply, readonly ["stepped", ...unknown[]]>;

async function afterStep(driving: Driving, fence: number, book: RoomBook, reply: Stepped): Promise<void> {
  const [, state, , , turns, inside, , lanesText, drawState] = reply;
  const { background } = driving;
  book.observe(reply);
  background.run("what the room must not forget", () => book.keep());
  if (drawState === "drawing" && book.mayDraw()) {
    const names = book.settings().lanes.map(({ name }) => name);
    background.run("the draw", () => driving.draw(fence, parseLanes(lanesText, names.join(","))));
  }
  if (state === "closed" && book.settings().closed && turns + inside === 0) await retireRoom(driving);
}

async function lease(driving: Driving): Promise<number | undefined> {
  driving.fence = await takeLease(driving, driving.eventId);
  if (driving.fence !== undefined) driving.logger.info({ fence: driving.fence }, "drives the room");
  return driving.fence;
}

/** Whoever comes back within the life of a receipt still finds the room as it was left. */
async function forgetLater(redis: Driving["redis"], eventId: EventId): Promise<void> {
  const { news: _, lease: __, ...kept } = roomKeys(eventId);
  await Promise.all(Object.values(kept).map((key) => redis.pexpire(key, limits.room.keepMs)));
}

/** A closed room that is empty needs no driver. Looked at again, because it may have been opened meanwhile. */
async function retireRoom({ redis, eventId }: Driving): Promise<void> {
  await redis.srem(openRoomsKey, eventId);
  await forgetLater(redis, eventId);
  const closed = await redis.hget(roomKeys(eventId).settings, "closed");
  if (closed !== "1") await redis.sadd(openRoomsKey, eventId);
}

async function handBackSafely(driving: Driving): Promise<void> {
  if (driving.fence === undefined) return;
  driving.fence = undefined;
  try {
    await handBackLease(driving, driving.eventId);
  } catch (error) {
    driving.logger.warn({ err: error }, "the lease of the room is not handed back; it ends by itself");
  }
}
