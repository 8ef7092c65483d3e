import { loadConfig } from "../foundation/config.ts";
import { migrateDatabase } from "../foundation/postgres/migrate.ts";

const applied = await migrateDatabase(loadConfig(process.env).DATABASE_URL);
process.stdout.write(applied.length === 0 ? "schema is up to date\n" : `applied ${applied.join(", ")}\n`);
