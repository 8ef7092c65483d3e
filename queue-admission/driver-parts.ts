import type { Logger } from "../foundation/log.ts";
import type { Leaseholder } from "./room-lease.ts";
import type { RoomRecords } from "./room-records.ts";

/** What a driver of rooms is made of. */
export type DriverParts = Leaseholder & { readonly logger: Logger; readonly records: RoomRecords };
