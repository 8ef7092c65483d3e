import { PgBoss } from "pg-boss";
import { deadLetterQueue, deadLetterSettings, queueSettings } from "./queues.ts";

/** Creates or upgrades pg-boss's own tables and our queues. Called by the migration, under its lock. */
export async function migrateJobs(databaseUrl: string): Promise<void> {
  const boss = new PgBoss({ connectionString: databaseUrl, supervise: false, schedule: false, max: 2 });
  let failure: unknown;
  boss.on("error", (error) => {
    failure ??= error;
  });
  await boss.start();
  await boss.createQueue(deadLetterQueue, deadLetterSettings);
  await boss.updateQueue(deadLetterQueue, deadLetterSettings);
  for (const [name, settings] of Object.entries(queueSettings)) {
    await boss.createQueue(name, { ...settings, deadLetter: deadLetterQueue });
    await boss.updateQueue(name, { ...settings, deadLetter: deadLetterQueue });
  }
  await boss.stop({ graceful: false });
  if (failure !== undefined) throw failure;
}
