import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EventId } from "../../foundation/ids.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { readContracts } from "../../lua/contract.ts";
import { callerOf } from "../bench/calls.ts";
import { benchmarkScript } from "../bench/redis-benchmark.ts";
import { loadScript, timeInCommand } from "../bench/redis-readings.ts";
import { randomIdentity } from "./identities.ts";
import type { JoinCalls, Joins } from "./join-process.ts";
import type { RoomServer } from "./room-server.ts";

export type JoinFigures = {
  readonly perSecond: number;
  /** Joins that shared a call of the script. */
  readonly perCall: number;
  /** Of the server's core, in the script. */
  readonly busyShare: number;
};

const script = fileURLToPath(new URL("./join-process.ts", import.meta.url));

/** The gateway's code from the identity to the signed receipt, in a process of its own. */
export async function measureJoins({ node }: RoomServer, joins: Joins): Promise<JoinFigures> {
  const child = fork(script, [], { execArgv: [] });
  try {
    let perSecond = 0;
    const time = await timeInCommand(node, "evalsha", async () => {
      perSecond = await callerOf<JoinCalls>(child)("join", joins);
    });
    const busyMs = time.calls * time.perCallMs;
    const tookMs = (joins.count / perSecond) * 1_000;
    return { perSecond, perCall: joins.count / time.calls, busyShare: busyMs / tookMs };
  } finally {
    child.disconnect();
  }
}

export type ScriptLoad = { readonly joins: number; readonly perCall: number; readonly connections: number };

/** The same script, driven by redis-benchmark; joins in a second. */
export async function measureScript(
  { node, port }: RoomServer,
  eventId: EventId,
  { joins, perCall, connections }: ScriptLoad,
): Promise<number> {
  const script = readContracts().find(({ functionName }) => functionName === "roomVisit");
  if (script === undefined) throw new Error("there is no script for visits");
  const keys: Readonly<Record<string, string>> = roomKeys(eventId);
  const visit = `["${randomIdentity}",1,"","",0]`;
  const call = {
    sha: await loadScript(node, script.source),
    keys: script.keys.map(({ name }) => keys[name] ?? ""),
    args: [`[${Array.from({ length: perCall }, () => visit).join(",")}]`, String(Date.now())],
  };
  const requests = Math.ceil(joins / perCall);
  const { perSecond } = await benchmarkScript(call, { host: "127.0.0.1", port, requests, connections });
  return perSecond * perCall;
}
