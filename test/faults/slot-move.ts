import { mustHold } from "./poll.ts";
import { type FaultyCluster, type Member, membersSeenBy } from "./redis-cluster.ts";

/** As an operator's tool moves it: key by key, while it is used. Gives where it went. */
export async function moveSlot(cluster: FaultyCluster, slot: number, choice: number): Promise<string> {
  const masters = await cluster.masters();
  const from = masters.find((master) => serves(master, slot));
  const others = masters.filter((master) => master !== from);
  const to = others[choice % others.length];
  if (from === undefined || to === undefined) throw new Error(`nobody serves slot ${slot}`);
  await to.node.call("CLUSTER", "SETSLOT", `${slot}`, "IMPORTING", from.id);
  await from.node.call("CLUSTER", "SETSLOT", `${slot}`, "MIGRATING", to.id);
  await moveKeys(slot, from, to);
  for (const { node } of [to, from, ...masters.filter((master) => master !== to && master !== from)])
    await node.call("CLUSTER", "SETSLOT", `${slot}`, "NODE", to.id);
  await mustHold("all masters to agree on the slot's new place", 15_000, () =>
    agree(cluster, masters, to.id, slot),
  );
  return `from ${from.node.name} to ${to.node.name}`;
}

async function moveKeys(slot: number, from: Member, to: Member): Promise<void> {
  for (;;) {
    const keys = (await from.node.call("CLUSTER", "GETKEYSINSLOT", `${slot}`, "1")) as string[];
    if (keys.length === 0) return;
    await from.node.call("MIGRATE", "127.0.0.1", `${to.node.port}`, "", "0", "5000", "KEYS", ...keys);
  }
}

function serves({ slots }: Member, slot: number): boolean {
  return slots.some(([first, last]) => first <= slot && slot <= last);
}

/** A tool that moves a slot on before the masters agree on its owner and since when makes them argue. */
async function agree(
  cluster: FaultyCluster,
  masters: readonly Member[],
  ownerId: string,
  slot: number,
): Promise<boolean> {
  const views = await Promise.all(masters.map(({ node }) => membersSeenBy(node, cluster.nodes)));
  const owners = views.map((view) => view.find(({ id }) => id === ownerId));
  const epochs = new Set(owners.map((owner) => owner?.epoch));
  return epochs.size === 1 && owners.every((owner) => owner !== undefined && serves(owner, slot));
}
