import { setTimeout as pause } from "node:timers/promises";
import type { EventId } from "../../../foundation/ids.ts";
import type { Pool } from "../../../foundation/postgres/pool.ts";
import type { Redis } from "../../../foundation/redis/connect.ts";
import { readModelKeys } from "../../../foundation/redis/keys.ts";
import { askRedis } from "./ask-redis.ts";
import { createEntities } from "./entities.ts";
import { type EventIndex, publishVersions, readIndex, type Versions } from "./event-index.ts";
import { inTurn } from "./loading-turn.ts";
import type { PublishedEvent } from "./published-event.ts";
import { readTruth, readVersions } from "./truth.ts";

/** Reading one field; longer than a busy moment, shorter than anybody should wait before Postgres is asked. */
const answerMs = 500;
/** Reading or writing a whole event. */
const entityMs = 2_000;
/** How long another process' loading is waited for before Postgres is asked by ourselves, and how often we look. */
const othersLoadMs = 2_000;
const lookAgainMs = 25;

export type ReadModel = ReturnType<typeof createReadModel>;

/** The events in Redis: what all processes read, brought from Postgres once for all of them. */
export function createReadModel(parts: { pool: Pool; redis: Redis; databaseUrl: string }) {
  const { pool, redis } = parts;
  const keys = readModelKeys(new URL(parts.databaseUrl).pathname.slice(1));
  const entities = createEntities(redis, keys);

  /** From Postgres to Redis, which may be away; whole where Redis turned out to miss something. The index comes last: whoever sees the version finds the entity. */
  async function bring(eventId: EventId, what: "whole" | "changed"): Promise<PublishedEvent | undefined> {
    const truth = await readTruth(pool, eventId);
    if (truth !== undefined) await askRedis(() => write(truth, what), entityMs);
    return truth;
  }

  async function write(truth: PublishedEvent, what: "whole" | "changed"): Promise<void> {
    const { id } = truth.event;
    const before = Number(await redis.hget(keys.index, id));
    const isKnown = what === "changed" && before > 0;
    await entities.save(truth, isKnown ? await entities.digestsOf(id, before) : new Set());
    await publishVersions(redis, keys.index, [[id, truth.version]], { whole: false });
    if (before > 0 && before < truth.version) await entities.supersede(id, before, truth.version);
  }

  /** "missing" where Redis does not have it. The index may know of a newer version than who asks. */
  async function fetchCurrent(
    eventId: EventId,
    version: number,
    known: PublishedEvent | undefined,
  ): Promise<PublishedEvent | "missing" | undefined> {
    const current = Number(await redis.hget(keys.index, eventId)) || version;
    if (current < 0) return undefined;
    return (await entities.fetch(eventId, current, known)) ?? "missing";
  }

  /** In this process' turn: whoever had the turn before may have brought it. */
  async function bringIfMissing(eventId: EventId, version: number): Promise<PublishedEvent | undefined> {
    const found = await askRedis(() => fetchCurrent(eventId, version, undefined), entityMs);
    return found === "missing" || found === "away" ? bring(eventId, "whole") : found;
  }

  /** Begins the index that Redis has lost. The entities come when they are asked for. */
  async function buildIndex(): Promise<void> {
    await publishVersions(redis, keys.index, await readVersions(pool), { whole: true });
  }

  return {
    /** The index, which is built where Redis has none; the known one where nothing changed. */
    async index(known?: EventIndex): Promise<EventIndex | "away"> {
      const giveUpAtMs = performance.now() + othersLoadMs;
      while (performance.now() < giveUpAtMs) {
        const found = await askRedis(() => readIndex(redis, keys.index, known), answerMs);
        if (found !== undefined) return found;
        const turn = await inTurn(redis, keys.loading("index"), buildIndex);
        if (turn === "away") return "away";
        if (turn === "taken") await pause(lookAgainMs);
      }
      return "away";
    },

    /** The version that the index speaks of or a newer one; undefined where the event is hidden by now. */
    async load(
      eventId: EventId,
      version: number,
      known?: PublishedEvent,
    ): Promise<PublishedEvent | undefined> {
      const giveUpAtMs = performance.now() + othersLoadMs;
      while (performance.now() < giveUpAtMs) {
        const found = await askRedis(() => fetchCurrent(eventId, version, known), entityMs);
        if (found === "away") break;
        if (found !== "missing") return found;
        const brought = await inTurn(redis, keys.loading(eventId), () => bringIfMissing(eventId, version));
        if (brought === "away") break;
        if (brought !== "taken") return brought;
        await pause(lookAgainMs);
      }
      return readTruth(pool, eventId);
    },

    /** Brings an event as it is now. */
    async publish(eventId: EventId): Promise<void> {
      const giveUpAtMs = performance.now() + othersLoadMs;
      while ((await inTurn(redis, keys.loading(eventId), () => bring(eventId, "changed"))) === "taken") {
        if (performance.now() > giveUpAtMs) throw new Error(`event ${eventId} is loaded by another process`);
        await pause(lookAgainMs);
      }
    },

    /** Of events that buyers do not see any more; their versions are negative. */
    async hide(versions: readonly (readonly [EventId, number])[]): Promise<void> {
      if (versions.length > 0) await publishVersions(redis, keys.index, versions, { whole: false });
    },

    versionsInPostgres: (): Promise<Versions> => readVersions(pool),
  };
}
