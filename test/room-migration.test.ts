import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { roomSettingsSchema } from "../queue-admission/room-settings.ts";

/** A database as the first migration alone leaves it. */
async function firstSchema(): Promise<pg.Client> {
  const name = `first_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(inject("postgresUrl"));
  const connect = async (database: string) => {
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    return client;
  };
  const administrator = await connect("postgres");
  await administrator.query(`create database ${name}`);
  const client = await connect(name);
  onTestFinished(async () => {
    await client.end();
    await administrator.query(`drop database ${name} with (force)`);
    await administrator.end();
  });
  await client.query(migration("0001-foundation.sql"));
  return client;
}

const migration = (file: string) => readFileSync(new URL(`../migrations/${file}`, import.meta.url), "utf8");
const startsAt = new Date("2030-05-01T20:00:00Z");

async function insertRoom(client: pg.Client, state: string, spans: readonly number[]): Promise<string> {
  const [eventId, venueId, planId] = [randomUUID(), randomUUID(), randomUUID()];
  await client.query("insert into venues (id, name, city) values ($1, 'Hall', 'Town')", [venueId]);
  await client.query("insert into seating_plans (id, venue_id, name, layout) values ($1, $2, 'p', '[]')", [
    planId,
    venueId,
  ]);
  await client.query(
    `insert into events (id, venue_id, seating_plan_id, title, description, starts_at, status, currency, payment_window_ms)
     values ($1, $2, $3, 't', 'd', $4, 'active', 'EUR', 60000)`,
    [eventId, venueId, planId, startsAt],
  );
  await client.query(
    "insert into rooms (event_id, state, cap, rate_per_minute, turn_window_ms, pass_ms) values ($1, $2, $3, $4, $5, $6)",
    [eventId, state, ...spans],
  );
  return eventId;
}

const states = {
  scheduled: { lobbyAtMs: startsAt.getTime(), opensAtMs: startsAt.getTime() },
  lobby: { lobbyAtMs: 0, opensAtMs: startsAt.getTime() },
  open: { opensAtMs: 0, paused: false, closed: false },
  paused: { opensAtMs: 0, paused: true },
  closed: { closed: true },
};

test("rooms from before the waiting room was rebuilt have settings that hold, and a secret each", async () => {
  const client = await firstSchema();
  const rooms = new Map<string, string>();
  for (const state of Object.keys(states))
    rooms.set(await insertRoom(client, state, [40, 3, 5_000, 9_000]), state);
  const hugeId = await insertRoom(
    client,
    "open",
    [2_000_000_000, 2_000_000_000, 2_000_000_000, 2_000_000_000],
  );
  await client.query(migration("0002-rooms.sql"));
  const found = await client.query<{ event_id: string; settings: object; draw_seed: string }>(
    "select * from rooms",
  );
  for (const { event_id, settings } of found.rows) {
    const read = roomSettingsSchema.parse(settings);
    const state = rooms.get(event_id) as keyof typeof states | undefined;
    if (state === undefined) continue;
    expect(read).toMatchObject({
      cap: 40,
      ratePerMinute: 3,
      turnWindowMs: 5_000,
      passMs: 9_000,
      ...states[state],
    });
  }
  expect(found.rows.map((row) => row.event_id)).toContain(hugeId);
  expect(new Set(found.rows.map((row) => row.draw_seed)).size).toBe(6);
});
