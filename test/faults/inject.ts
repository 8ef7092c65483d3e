import { setTimeout as pause } from "node:timers/promises";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import type { AppProcess } from "./app-process.ts";
import type { FaultLane, PlannedFault } from "./fault-plan.ts";
import { tookOver } from "./redis-cluster.ts";
import { nodeTimeoutMs, type RedisNode } from "./redis-node.ts";
import type { Site } from "./site.ts";
import { beginMove, breakOffMove, moveKey, moveSlot } from "./slot-move.ts";
import { keptBack } from "./wish.ts";

const takesOverWithinMs = 8 * nodeTimeoutMs + 8_000;
const wholeWithinMs = 60_000;
/** About as many keys a section has in Redis. */
const keysOfSection = 6;

export type Say = (line: string) => void;

type Times = { readonly startedAtMs: number; readonly closesAtMs: number };

/** The faults of one lane, each when its time has come and the one before is mended, as long as the shop is open. */
export async function injectLane(
  site: Site,
  lane: FaultLane,
  { startedAtMs, closesAtMs }: Times,
  say: Say,
): Promise<void> {
  for (const fault of lane.faults) {
    await pause(Math.max(0, startedAtMs + fault.atMs - Date.now()));
    if (Date.now() >= closesAtMs) return;
    const what = await inject(site, fault);
    say(`${fault.kind}: ${what}`);
  }
}

/** Returns, with what was met, once it is mended. */
function inject(site: Site, fault: PlannedFault): Promise<string> {
  switch (fault.kind) {
    case "kill-gateway":
      return killApp(pickFrom(site.gateways, fault), fault);
    case "kill-worker":
      return killApp(pickFrom(site.workers, fault), fault);
    case "pause-gateway":
      return pauseApp(pickFrom(site.gateways, fault), fault);
    case "kill-redis-master":
      return killMaster(site, fault);
    case "forgetful-fail-over":
      return forgetWrites(site, fault);
    case "restart-redis-node":
      return restartNode(site, fault);
    case "pause-redis-node":
      return pauseNode(site, fault);
    case "move-slot":
      return moveSectionSlot(site, fault);
    case "kill-in-slot-move":
      return killInSlotMove(site, fault);
    case "kill-postgres":
      return restartPostgres(site, fault, () => site.postgres.kill());
    case "restart-postgres":
      return restartPostgres(site, fault, () => site.postgres.stop());
    case "freeze-redis":
      return freeze(pickFrom(site.cluster.nodes, fault), fault);
    case "half-open-redis":
      return halfOpen(pickFrom(site.cluster.nodes, fault));
    case "freeze-postgres":
      return freeze(appProxy(site, fault), fault);
    case "half-open-postgres":
      return halfOpen(appProxy(site, fault));
  }
}

function pickFrom<Item>(items: readonly Item[], { target }: PlannedFault): Item {
  const item = items[target % items.length];
  if (item === undefined) throw new Error("there is nothing that the fault could meet");
  return item;
}

async function killApp(app: AppProcess, { forMs }: PlannedFault): Promise<string> {
  await app.kill();
  await pause(forMs);
  await app.start();
  return `${app.name}, away for ${forMs} ms`;
}

async function pauseApp(app: AppProcess, { forMs }: PlannedFault): Promise<string> {
  app.signal("SIGSTOP");
  await pause(forMs);
  app.signal("SIGCONT");
  return `${app.name}, for ${forMs} ms`;
}

/** It comes back as the replica of the one that took over. */
async function killMaster({ cluster }: Site, fault: PlannedFault): Promise<string> {
  const { node } = pickFrom(await cluster.masters(), fault);
  await node.kill();
  const isTaken = await tookOver(cluster, node, takesOverWithinMs);
  await pause(fault.forMs);
  node.start();
  await cluster.whole(wholeWithinMs);
  if (!isTaken) throw new Error(`nobody took over from ${node.name}`);
  return `${node.name}; its replica took over`;
}

/** What was written in the last moments before the master died has not reached the replica that takes over. */
async function forgetWrites(site: Site, fault: PlannedFault): Promise<string> {
  const { cluster } = site;
  const { node } = pickFrom(await cluster.masters(), fault);
  node.proxy.holdReplication();
  await pause(fault.forMs);
  await node.kill();
  node.proxy.loseReplication();
  const isTaken = await tookOver(cluster, node, takesOverWithinMs);
  node.start();
  await cluster.whole(wholeWithinMs);
  if (!isTaken) throw new Error(`nobody took over from ${node.name}`);
  return `${node.name}; its replica does not know the last ${fault.forMs} ms`;
}

async function restartNode({ cluster }: Site, fault: PlannedFault): Promise<string> {
  const node = pickFrom(cluster.nodes, fault);
  await node.stop();
  node.start();
  await cluster.whole(wholeWithinMs);
  return node.name;
}

/** For longer than the cluster's patience it is taken for dead, and wakes up as a master that is none any more. */
async function pauseNode({ cluster }: Site, fault: PlannedFault): Promise<string> {
  const { node } = pickFrom(await cluster.masters(), fault);
  node.signal("SIGSTOP");
  await pause(fault.forMs);
  node.signal("SIGCONT");
  await cluster.whole(wholeWithinMs);
  return `${node.name}, for ${fault.forMs} ms`;
}

async function moveSectionSlot(site: Site, fault: PlannedFault): Promise<string> {
  const { cluster } = site;
  const { slot, name } = await pickSlot(site, fault);
  const way = await moveSlot(cluster, slot, fault.target);
  await cluster.whole(wholeWithinMs);
  return `${slot} of section "${name}" ${way}`;
}

/** One of the two masters dies when some of the slot's keys have gone over. */
async function killInSlotMove(site: Site, fault: PlannedFault): Promise<string> {
  const { cluster } = site;
  const { slot, name } = await pickSlot(site, fault);
  const move = await beginMove(cluster, slot, fault.target);
  for (let keys = fault.target % (keysOfSection + 1); keys > 0; keys -= 1) await moveKey(move);
  const { node } = fault.forMs % 2 === 0 ? move.from : move.to;
  await node.kill();
  const isTaken = await tookOver(cluster, node, takesOverWithinMs);
  node.start();
  if (!isTaken) throw new Error(`nobody took over from ${node.name}`);
  await breakOffMove(cluster, slot, wholeWithinMs);
  return `${slot} of section "${name}" from ${move.from.node.name} to ${move.to.node.name}, and ${node.name} died`;
}

async function pickSlot({ cluster, events }: Site, fault: PlannedFault) {
  const sections = events.flatMap((event) => event.sections);
  const shopped = sections.filter((section) => section.name !== keptBack);
  const { eventId, id, name } = pickFrom(shopped, fault);
  const [first] = await cluster.masters();
  const { meta } = sectionKeys(eventId, id);
  return { name, slot: Number(await (first as { node: RedisNode }).node.call("CLUSTER", "KEYSLOT", meta)) };
}

async function restartPostgres(
  site: Site,
  { forMs }: PlannedFault,
  end: () => Promise<void>,
): Promise<string> {
  await end();
  await pause(forMs);
  await site.postgres.start();
  return `away for ${forMs} ms`;
}

type Way = { readonly name: string; readonly proxy: RedisNode["proxy"] };

function appProxy(site: Site, fault: PlannedFault): Way {
  const { name, postgres } = pickFrom([...site.gateways, ...site.workers], fault);
  return { name: `${name} to Postgres`, proxy: postgres };
}

async function freeze({ name, proxy }: Way, { forMs }: PlannedFault): Promise<string> {
  proxy.freeze();
  await pause(forMs);
  proxy.thaw();
  return `${name}, silent for ${forMs} ms`;
}

async function halfOpen({ name, proxy }: Way): Promise<string> {
  proxy.leaveHalfOpen();
  return `the connections of ${name}`;
}
