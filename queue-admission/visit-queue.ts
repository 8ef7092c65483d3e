import type { Clock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { roomVisit } from "../lua/generated.ts";
import { type Lane, parseLanes } from "./lanes.ts";
import { type RoomState, roomStates } from "./room.ts";

/** `[identity, 1 to join, hashed code, proof, its end]`, as the script takes it. */
export type Visit = readonly [
  identity: string,
  joins: 0 | 1,
  code: string,
  proof: string,
  proofEndsAtMs: number,
];

type Reply = Awaited<ReturnType<typeof roomVisit>>;
type Answers = Extract<Reply, readonly ["room", ...unknown[]]>;
export type VisitAnswer = Answers[5][number];

/** What the room says to all visits of one call, and the answer to one of them. */
export type Visited = {
  readonly state: RoomState;
  readonly incarnation: number;
  readonly lanes: readonly Lane[];
  readonly answer: VisitAnswer;
};

type Waiting = {
  readonly visit: Visit;
  readonly resolve: (visited: Visited | "room_missing" | "busy") => void;
  readonly reject: (error: unknown) => void;
};

type Queue = { readonly waiting: Waiting[]; calls: number };

/**
 * One queue a room: visits that come while calls of the script are under way share the next one. Two calls at a
 * time, so that Redis works on one while this process makes and reads the other.
 */
export function createVisitQueue(parts: { redis: Redis; clock: Clock }) {
  const queues = new Map<EventId, Queue>();
  const { visitsPerScript, visitsWaiting, visitCalls } = limits.room;

  function visit(eventId: EventId, visit: Visit): Promise<Visited | "room_missing" | "busy"> {
    const queue = queues.get(eventId) ?? { waiting: [], calls: 0 };
    if (queue.waiting.length >= visitsWaiting) return Promise.resolve("busy");
    queues.set(eventId, queue);
    return new Promise((resolve, reject) => {
      queue.waiting.push({ visit, resolve, reject });
      if (queue.calls >= visitCalls) return;
      queue.calls += 1;
      // After the requests that this turn of the event loop still brings.
      setImmediate(() => void serve(eventId, queue));
    });
  }

  async function serve(eventId: EventId, queue: Queue): Promise<void> {
    while (queue.waiting.length > 0) await settle(eventId, queue.waiting.splice(0, visitsPerScript));
    queue.calls -= 1;
    if (queue.calls === 0) queues.delete(eventId);
  }

  async function settle(eventId: EventId, batch: readonly Waiting[]): Promise<void> {
    try {
      const reply = await roomVisit(parts.redis, roomKeys(eventId), {
        visits: JSON.stringify(batch.map(({ visit }) => visit)),
        nowMs: parts.clock.now(),
      });
      answerAll(batch, reply);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return { visit };
}

function answerAll(batch: readonly Waiting[], reply: Reply): void {
  if (reply[0] === "room_missing") {
    for (const { resolve } of batch) resolve("room_missing");
    return;
  }
  const [, state, incarnation, laneNames, lanesText, answers] = reply;
  const room = { state: roomStateOf(state), incarnation, lanes: parseLanes(lanesText, laneNames) };
  for (const [index, { resolve }] of batch.entries())
    resolve({ ...room, answer: answers[index] as VisitAnswer });
}

export function roomStateOf(text: string): RoomState {
  const state = roomStates.find((known) => known === text);
  if (state === undefined) throw new Error(`a room cannot be "${text}"`);
  return state;
}
