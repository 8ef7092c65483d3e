import { expect, test } from "vitest";
import type { EventId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { createExpirySchedule } from "./expiry-schedule.ts";
import type { NewBooking } from "./new-booking.ts";

const sql = {} as Sql;
const due = (deadlineMs: number) => ({ eventId: "event" as EventId, deadlineMs }) as NewBooking;

/** Stands for pg-boss: how many jobs each statement inserts. */
function openSchedule() {
  const statements: number[] = [];
  const insert: Jobs["insert"] = async (_sql, _name, list) => void statements.push(list.length);
  const schedule = createExpirySchedule({ insert } as Jobs);
  const commit = async (...deadlinesMs: number[]) =>
    schedule.remember(await schedule.insert(sql, deadlinesMs.map(due)));
  return { schedule, statements, commit };
}

test("the jobs of seconds that were committed cost no statement again, also where two seconds are mixed", async () => {
  const { statements, commit } = openSchedule();
  for (let group = 0; group < 100; group += 1) await commit(10_900, 11_100, 10_100);
  expect(statements).toEqual([2]);
});

test("a job whose transaction has not committed is inserted by the next one", async () => {
  const { schedule, statements } = openSchedule();
  await schedule.insert(sql, [due(10_900)]);
  await schedule.insert(sql, [due(10_900)]);
  expect(statements).toEqual([1, 1]);
});

test("of the seconds that are remembered there is a bound: the oldest are forgotten first", async () => {
  const { statements, commit } = openSchedule();
  for (let second = 0; second <= 1_000; second += 1) await commit(second * 1_000);
  await commit(1_000_000, 1_000);
  expect(statements).toHaveLength(1_001);
  await commit(0);
  expect(statements).toHaveLength(1_002);
});
