import { mustHold } from "./poll.ts";
import { type FaultyCluster, type Member, membersSeenBy } from "./redis-cluster.ts";

export type SlotMove = { readonly slot: number; readonly from: Member; readonly to: Member };

/** As an operator's tool moves it: key by key, while it is used. Gives where it went. */
export async function moveSlot(cluster: FaultyCluster, slot: number, choice: number): Promise<string> {
  const { from, to } = await beginMove(cluster, slot, choice);
  while (await moveKey({ slot, from, to }));
  const masters = await cluster.masters();
  for (const { node } of [to, from, ...masters.filter(({ id }) => id !== to.id && id !== from.id)])
    await node.call("CLUSTER", "SETSLOT", `${slot}`, "NODE", to.id);
  await mustHold("all masters to agree on the slot's new place", 15_000, () =>
    agree(cluster, masters, to.id, slot),
  );
  return `from ${from.node.name} to ${to.node.name}`;
}

export async function beginMove(cluster: FaultyCluster, slot: number, choice: number): Promise<SlotMove> {
  const masters = await cluster.masters();
  const from = masters.find((master) => serves(master, slot));
  const others = masters.filter((master) => master !== from);
  const to = others[choice % others.length];
  if (from === undefined || to === undefined) throw new Error(`nobody serves slot ${slot}`);
  await to.node.call("CLUSTER", "SETSLOT", `${slot}`, "IMPORTING", from.id);
  await from.node.call("CLUSTER", "SETSLOT", `${slot}`, "MIGRATING", to.id);
  return { slot, from, to };
}

/** False where there is none left. */
export async function moveKey({ slot, from, to }: SlotMove): Promise<boolean> {
  const keys = await keysIn(from, slot);
  if (keys.length === 0) return false;
  await from.node.call("MIGRATE", "127.0.0.1", `${to.node.port}`, "", "0", "5000", "KEYS", ...keys);
  return true;
}

/**
 * As an operator's tool mends a move that was broken off: the slot stays with who serves it, and what others have of
 * it is thrown away. So its section has lost some keys, all, or none.
 */
export async function breakOffMove(cluster: FaultyCluster, slot: number, withinMs: number): Promise<void> {
  // First of all: who imports a slot does not believe that another than before has it, and calls the cluster down.
  for (const { node } of await cluster.masters()) await node.call("CLUSTER", "SETSLOT", `${slot}`, "STABLE");
  await cluster.wholeAgain(withinMs);
  const masters = await cluster.masters();
  const owner = masters.find((master) => serves(master, slot));
  if (owner === undefined) throw new Error(`nobody serves slot ${slot}`);
  for (const other of masters.filter((master) => master !== owner)) {
    await other.node.call("CLUSTER", "SETSLOT", `${slot}`, "IMPORTING", owner.id);
    for (let [key] = await keysIn(other, slot); key !== undefined; [key] = await keysIn(other, slot))
      await other.node.ask("UNLINK", key);
    await other.node.call("CLUSTER", "SETSLOT", `${slot}`, "STABLE");
  }
}

/** One, if there are any. */
async function keysIn({ node }: Member, slot: number): Promise<string[]> {
  return (await node.call("CLUSTER", "GETKEYSINSLOT", `${slot}`, "1")) as string[];
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
