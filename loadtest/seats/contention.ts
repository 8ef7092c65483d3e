import { join } from "node:path";
import { createPool } from "../../foundation/postgres/pool.ts";
import { type HttpConnection, openHttp } from "../bench/http-connection.ts";
import { quantile } from "../bench/quantile.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import { theseSeats } from "./booking-body.ts";
import { signedBuyers } from "./buyers.ts";
import type { PlannedEvent } from "./event-plan.ts";
import { type Shop, startShop } from "./shop.ts";

const clients = 64;
const seatsWanted = 10;

type Client = { readonly connection: HttpConnection; readonly headers: Readonly<Record<string, string>> };
type Round = { readonly winners: number; readonly oddAnswers: number };

/** Everybody wants the same ten seats: each asks for one of them, and for the next where that one is taken. */
export const contentionPart: Part = {
  name: "contention",
  async measure({ tiny, folder }) {
    const rounds = tiny ? 5 : 200;
    const plan = { sections: 1, rows: rounds, seatsPerRow: seatsWanted };
    const shop = await startShop(join(folder, "contention"), [plan]);
    try {
      const times: number[] = [];
      const held = await holdRounds(shop, rounds, times);
      return [...measurements(held, times), await deadlocksIn(shop.databaseUrl)];
    } finally {
      await shop.stop();
    }
  },
};

async function holdRounds({ port, events }: Shop, rounds: number, times: number[]): Promise<Round[]> {
  const [event] = events;
  if (event === undefined) throw new Error("there is no event");
  const headers = signedBuyers(event.eventId, clients);
  const connected = await Promise.all(
    headers.map(async (own) => ({ connection: await openHttp(port), headers: own })),
  );
  const held: Round[] = [];
  for (let round = 0; round < rounds; round += 1) held.push(await holdRound(event, connected, round, times));
  for (const { connection } of connected) connection.close();
  return held;
}

async function holdRound(
  event: PlannedEvent,
  connected: readonly Client[],
  round: number,
  times: number[],
): Promise<Round> {
  const results = await Promise.all(
    connected.map((client, index) => tryForOne(event, client, { round, index }, times)),
  );
  return {
    winners: results.filter((result) => result === "won").length,
    oddAnswers: results.filter((result) => result === "odd").length,
  };
}

async function tryForOne(
  { eventId, sectionIds: [sectionId] }: PlannedEvent,
  { connection, headers }: Client,
  { round, index }: { readonly round: number; readonly index: number },
  times: number[],
): Promise<"won" | "lost" | "odd"> {
  if (sectionId === undefined) throw new Error("there is no section");
  for (let tried = 0; tried < seatsWanted; tried += 1) {
    const seat = round * seatsWanted + ((index + tried) % seatsWanted);
    const key = `round-${round}-${index}-${tried}`;
    const startedMs = performance.now();
    const { status, body } = await connection.post(
      `/v1/events/${eventId}/bookings`,
      { ...headers, "idempotency-key": key },
      theseSeats(sectionId, [seat]),
    );
    times.push(performance.now() - startedMs);
    if (status === 201) return "won";
    if (status !== 409 || !body.includes("seats_taken")) return "odd";
  }
  return "lost";
}

function measurements(held: readonly Round[], times: readonly number[]): Measurement[] {
  const exact = held.filter(({ winners }) => winners === seatsWanted).length;
  const odd = held.reduce((sum, { oddAnswers }) => sum + oddAnswers, 0);
  return [
    {
      ...{ name: `rounds with exactly ${seatsWanted} winners of ${clients}`, value: exact, unit: "rounds" },
      limit: { name: "rounds", value: held.length },
      bar: { of: "ratio", sign: "≥", at: 1, size: "any" },
    },
    {
      ...{ name: "answers that are neither a seat nor taken", value: odd, unit: "answers" },
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    },
    { name: "the same ten seats: half are answered within", value: quantile(times, 0.5), unit: "ms" },
    { name: "the same ten seats: 99% are answered within", value: quantile(times, 0.99), unit: "ms" },
  ];
}

async function deadlocksIn(databaseUrl: string): Promise<Measurement> {
  const pool = createPool(databaseUrl, 1);
  try {
    const found = await pool.query<{ deadlocks: string }>(
      "select deadlocks::int from pg_stat_database where datname = current_database()",
    );
    return {
      ...{ name: "deadlocks in Postgres", value: Number(found.rows[0]?.deadlocks), unit: "deadlocks" },
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    };
  } finally {
    await pool.end();
  }
}
