import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readEvents } from "../booking-core/events/read-events.ts";
import { isPassword } from "../booking-core/people/password.ts";
import type { EventId } from "../foundation/ids.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { databaseForThisTest } from "../test/harness/database.ts";

test("the demo is 2,000 seats in 8 sections of which one is standing, with an operator whose password is told once, loaded once however often it starts", async () => {
  const databaseUrl = await databaseForThisTest();
  const load = async () => {
    const script = fileURLToPath(new URL("./demo.ts", import.meta.url));
    const environment = { ...process.env, DATABASE_URL: databaseUrl };
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env: environment });
    return JSON.parse(stdout) as { eventId: EventId; operator?: { email: string; password: string } };
  };
  const { eventId: first, operator } = await load();
  expect(await load()).toEqual({ eventId: first });
  const pool = createPool(databaseUrl, 1);
  const [event, ...others] = await readEvents(pool);
  const people = await pool.query<{ password_hash: string }>("select * from people where role = 'admin'");
  const isOperator = await isPassword(operator?.password ?? "", people.rows[0]?.password_hash);
  await pool.end();
  expect(others).toEqual([]);
  expect(people.rows).toMatchObject([{ email: operator?.email }]);
  expect(isOperator).toBe(true);
  expect(event).toMatchObject({ id: first, status: "active" });
  const sections = event?.sections ?? [];
  expect(sections.map(({ kind }) => kind).filter((kind) => kind === "standing")).toHaveLength(1);
  expect(sections).toHaveLength(8);
  expect(event?.refundPolicy).toMatchObject({ untilMs: 86_400_000, shareBasisPoints: 10_000 });
  const floor = sections.find(({ kind }) => kind === "standing")?.offers[0];
  // 55.00 on the poster, of which 7 % tax; 2.50 on top for the house.
  expect(floor).toMatchObject({ price: { amountMinor: 5_750n }, feeMinor: 250n, taxMinor: 360n });
  expect(floor?.charges.map(({ kind, included }) => [kind, included])).toEqual([
    ["fee", false],
    ["tax", true],
  ]);
  expect(sections.reduce((sum, { capacity }) => sum + capacity, 0)).toBe(2_000);
});
