import { pino } from "pino";
import { systemClock } from "../foundation/clock.ts";
import { connectRedis } from "../foundation/redis/connect.ts";
import { createRoomDriver } from "./room-driver.ts";
import { createTestRecords } from "./test-records.ts";

/** A driver as a process of its own, for the tests that kill it: `node test-driver.ts DRIVER_ID REDIS_URL,…` */
const [driverId = "", nodeUrls = ""] = process.argv.slice(2);
const logger = pino({ level: "warn" });
const redis = connectRedis(nodeUrls.split(","), logger);
createRoomDriver({ redis, clock: systemClock, logger, driverId, records: createTestRecords() }).start();
process.on("disconnect", () => process.exit());
process.send?.({ type: "ready" });
