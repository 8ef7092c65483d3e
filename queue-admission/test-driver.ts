import { pino } from "pino";
import { systemClock } from "../foundation/clock.ts";
import { connectRedis } from "../foundation/redis/connect.ts";
import { createRoomDriver } from "./room-driver.ts";
import { createTestRecords } from "./test-records.ts";

/**
 * A driver as a process of its own, for the tests that kill it: `node test-driver.ts DRIVER_ID REDIS_URL,… [WORK]`.
 * At the beginning of this work of its records it dies.
 */
const [driverId = "", nodeUrls = "", work = ""] = process.argv.slice(2);
const logger = pino({ level: "warn" });
const redis = connectRedis(nodeUrls.split(","), logger);
const records = createTestRecords();
if (work === "keepDraw") records.keepDraw = async () => void process.kill(process.pid, "SIGKILL");
createRoomDriver({ redis, clock: systemClock, logger, driverId, records }).start();
process.on("disconnect", () => process.exit());
process.send?.({ type: "ready" });
