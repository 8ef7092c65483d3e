import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import {
  type ComingDraw,
  type DrawLane,
  drawSecret,
  findDraw,
  findLists,
  type HeldDraw,
  keepDraw,
  keepLists,
  publicDraw,
} from "./draw-records.ts";
import { keepMarks } from "./keep-marks.ts";
import type { RoomMarks } from "./room-marks.ts";
import { createRoomStock, type PriceStock } from "./room-stock.ts";

export type RecordParts = {
  readonly pool: Pool;
  readonly seats: SeatEngine;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
};

/** What outlives Redis of a room, as the driver of the room writes and reads it. */
export type RoomRecords = {
  keepMarks(eventId: EventId, marks: RoomMarks): Promise<void>;
  keepLists(eventId: EventId, lists: readonly DrawLane[]): Promise<void>;
  /** As they were published, where the lobby was closed before Redis forgot it. */
  findLists(eventId: EventId): Promise<DrawLane[] | undefined>;
  drawSecret(
    eventId: EventId,
  ): Promise<{ readonly seed: string; readonly beacon: string | null } | "awaited">;
  findDraw(eventId: EventId): Promise<HeldDraw | undefined>;
  keepDraw(eventId: EventId, draw: HeldDraw): Promise<void>;
  /** Of each price; nothing where it cannot be told. */
  stock(eventId: EventId): Promise<readonly PriceStock[] | undefined>;
  /** What everybody may know of the draw. */
  draw(eventId: EventId): Promise<HeldDraw | ComingDraw | undefined>;
};

export function createRoomRecords(parts: RecordParts): RoomRecords {
  const { pool } = parts;
  return {
    keepMarks: (eventId, marks) => keepMarks(pool, eventId, marks),
    keepLists: (eventId, lists) => keepLists(pool, eventId, lists),
    findLists: (eventId) => findLists(pool, eventId),
    drawSecret: (eventId) => drawSecret(pool, eventId),
    findDraw: (eventId) => findDraw(pool, eventId),
    keepDraw: (eventId, draw) => keepDraw(pool, eventId, draw),
    stock: createRoomStock(parts),
    draw: (eventId) => publicDraw(pool, eventId),
  };
}
