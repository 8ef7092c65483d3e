import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "../log.ts";
import type { Pool } from "./pool.ts";

/**
 * Whether Postgres has stopped answering, as behind a network that swallows everything: whoever asks it then waits for
 * seconds, and holds seats meanwhile. One that refuses connections says so at once, and needs none of this.
 *
 *   here ── doubt, and a probe is not answered ──▶ away ── a probe is answered ──▶ here
 */
export type PostgresWatch = {
  isAway(): boolean;
  /** Told by whoever waits for long; it may be for a locked row. There is one probe at a time. */
  doubt(): void;
};

const probeEveryMs = 250;
/** With the pause between two: noticed well within 2 s of its return, also where a probe was on its way then. */
const probeTimeoutMs = 1_000;

export function createPostgresWatch({ pool, logger }: { pool: Pool; logger: Logger }): PostgresWatch {
  let away = false;
  let probing = false;

  async function probe(): Promise<void> {
    while (!pool.ending && !(await answers(pool))) {
      if (!away) leave();
      await pause(probeEveryMs, undefined, { ref: false });
    }
    if (away) logger.info("Postgres answers again");
    [away, probing] = [false, false];
  }

  function leave(): void {
    away = true;
    logger.warn("Postgres does not answer: bookings are refused until it does");
    dropIdle(pool);
  }

  return {
    isAway: () => away,
    doubt() {
      if (probing) return;
      probing = true;
      void probe();
    },
  };
}

/** On a connection of its own: those of the pool may all be waited for in vain. */
async function answers({ options: { connectionString } }: Pool): Promise<boolean> {
  const client = new pg.Client({
    ...(connectionString === undefined ? {} : { connectionString }),
    connectionTimeoutMillis: probeTimeoutMs,
    query_timeout: probeTimeoutMs,
    application_name: "onsale",
  });
  client.on("error", ignore);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    // Not waited for: the other end of a dead connection never says that it has closed.
    client.end().catch(ignore);
  }
}

/** They may be dead too, and each would keep a group of bookings waiting once Postgres is back. */
function dropIdle(pool: Pool): void {
  for (let left = pool.idleCount; left > 0; left -= 1)
    pool.connect().then((connection) => connection.release(true), ignore);
}

function ignore(): void {}
