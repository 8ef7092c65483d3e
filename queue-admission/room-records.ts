import type { EventId } from "../foundation/ids.ts";
import type { DrawLane, HeldDraw } from "./draw/draw-record.ts";
import type { Lane } from "./lanes.ts";
import type { Stock } from "./room.ts";

/** What must outlive Redis: behind these numbers a room goes on that Redis has forgotten. */
export type RoomMarks = {
  readonly incarnation: number;
  readonly drawState: "" | "drawing" | "done";
  readonly lanes: readonly Pick<Lane, "name" | "last" | "reserved" | "served" | "drawn">[];
};

/** What the driver needs of the durable part, which this part does not know; `app/` hands it in. */
export type RoomRecords = {
  keepMarks(eventId: EventId, marks: RoomMarks): Promise<void>;
  /** The lobby's lists as they were closed: published before the secret is. */
  keepLists(eventId: EventId, lists: readonly DrawLane[]): Promise<void>;
  /** The lists that were kept, where there were some before Redis forgot. */
  findLists(eventId: EventId): Promise<readonly DrawLane[] | undefined>;
  /** The secret of the draw, and the random value from outside; while one was announced and is not there, it is awaited. */
  drawSecret(
    eventId: EventId,
  ): Promise<{ readonly seed: string; readonly beacon: string | null } | "awaited">;
  /** The draw that was kept, where there was one before Redis forgot. */
  findDraw(eventId: EventId): Promise<HeldDraw | undefined>;
  /** What was drawn, the first time it is kept; a later draw of the same lobby gives the same. */
  keepDraw(eventId: EventId, draw: HeldDraw): Promise<void>;
  /** Of each price; nothing where it cannot be told. */
  stock(eventId: EventId): Promise<readonly Stock[] | undefined>;
};
