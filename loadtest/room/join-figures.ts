import type { EventId } from "../../foundation/ids.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { memoryOfKey, memoryOfNode } from "../bench/redis-readings.ts";
import type { Measurement } from "../bench/report.ts";
import type { Run } from "../bench/suite.ts";
import { type JoinFigures, measureJoins, measureScript } from "./joins.ts";
import { openRoom, type RoomServer, wideRoom } from "./room-server.ts";
import { steppedRoom } from "./stepped-room.ts";

const joinsAtOnce = 1_000;
const connections = 4;

export type JoinedRoom = { readonly eventId: EventId; readonly measured: readonly Measurement[] };

/** How fast a room fills by the gateway's code, beside what its script does with nothing of ours before it. */
export async function joinMeasurements(
  { tiny, say }: Run,
  server: RoomServer,
  count: number,
): Promise<JoinedRoom> {
  const before = await memoryOfNode(server.node);
  const eventId = await openFor(server, count);
  const { urls } = server;
  const joins = await measureJoins(server, { urls, eventId, count, atOnce: joinsAtOnce });
  say(`${count} have joined, ${joins.perCall.toFixed(0)} in a call`);
  const grown = (await memoryOfNode(server.node)) - before;
  const ofKeys = await memoryOfRoom(server, eventId);
  const singles = await measureLimit(server, tiny ? count : 250_000, 1);
  const batches = await measureLimit(server, tiny ? count : 500_000, Math.round(joins.perCall));
  const measured = [...rates(joins, singles, batches), ...memory(ofKeys / count, grown / count)];
  return { eventId, measured };
}

/** Nobody is let in while it fills, and every number may be given. */
async function openFor(server: RoomServer, count: number): Promise<EventId> {
  const eventId = await openRoom(server, { ...wideRoom, paused: true });
  await steppedRoom(server, eventId).step({ reserve: [2 * count] });
  return eventId;
}

async function measureLimit(server: RoomServer, joins: number, perCall: number): Promise<number> {
  const eventId = await openFor(server, joins);
  const perSecond = await measureScript(server, eventId, { joins, perCall, connections });
  await server.node.del(...Object.values(roomKeys(eventId)));
  return perSecond;
}

async function memoryOfRoom({ node }: RoomServer, eventId: EventId): Promise<number> {
  let bytes = 0;
  for (const key of Object.values(roomKeys(eventId)))
    if ((await node.exists(key)) === 1) bytes += await memoryOfKey(node, key);
  return bytes;
}

function rates(joins: JoinFigures, singles: number, batches: number): Measurement[] {
  const { perSecond: value, perCall } = joins;
  const unit = "joins/s";
  return [
    {
      ...{ name: "joins through the gateway's code", value, unit },
      limit: { name: "the script, a join a call", value: singles },
      bar: { of: "ratio", sign: "≥", at: 0.5, size: "full" },
    },
    {
      ...{ name: "the same beside calls as full as its own", value, unit },
      limit: { name: `the script, ${Math.round(perCall)} joins a call`, value: batches },
    },
    { name: "joins that share a call", value: perCall, unit: "joins" },
    { name: "time of the server in the script", value: 100 * joins.busyShare, unit: "%" },
  ];
}

function memory(keys: number, grown: number): Measurement[] {
  return [
    { name: "memory of a place: its keys", value: keys, unit: "bytes" },
    { name: "memory of a place: the whole server", value: grown, unit: "bytes" },
  ];
}
