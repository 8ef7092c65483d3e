import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { limits } from "../../foundation/limits.ts";
import { createRoomDriver } from "../../queue-admission/room-driver.ts";
import type { Core } from "../core.ts";
import type { RunningRole } from "./running-role.ts";

/** Drives the rooms whose lease it gets; any number of processes may hold this role. */
export async function startAdmission({ redis, clock, logger, roomRecords }: Core): Promise<RunningRole> {
  const { clockSkewMs } = limits.room;
  const driverId = `${hostname()}-${process.pid}-${randomUUID()}`;
  const driver = createRoomDriver({ redis, clock, logger, driverId, records: roomRecords, clockSkewMs });
  driver.start();
  return { stop: () => driver.stop() };
}
