import { holdsWithin, mustHold } from "./poll.ts";
import { busDistance, openRedisNode, type RedisNode } from "./redis-node.ts";

export type FaultyCluster = {
  readonly nodes: readonly RedisNode[];
  /** Through the proxies. */
  readonly urls: readonly string[];
  /** Those that serve slots now, by the first slot; asks whoever answers. */
  masters(): Promise<Member[]>;
  /** Every node agrees, every slot is served, and every master has its replica beside it. */
  whole(withinMs: number): Promise<void>;
  /**
   * The same, where Redis may leave a master without slots: one that comes back while one of its slots was on the move need
   * not follow who took over from it (seen with Redis 7, once in some hundred deaths). Told to, as an operator would, it does.
   */
  wholeAgain(withinMs: number): Promise<void>;
  stop(): Promise<void>;
};

/** A line of CLUSTER NODES, with the node that it speaks of. */
export type Member = {
  readonly id: string;
  readonly node: RedisNode;
  readonly isMaster: boolean;
  readonly masterId: string;
  readonly isFailing: boolean;
  readonly slots: readonly (readonly [number, number])[];
  readonly epoch: string;
};

const host = "127.0.0.1";
const slotCount = 16_384;
const shards = 3;
/** Whoever comes back follows the new master of its slots within a moment, by itself. */
const followsWithinMs = 15_000;

export async function startFaultyCluster(folder: string): Promise<FaultyCluster> {
  const nodes: RedisNode[] = [];
  for (let index = 0; index < 2 * shards; index += 1)
    nodes.push(await openRedisNode(folder, `redis-${index}`));
  for (const node of nodes) node.start();
  const cluster: FaultyCluster = {
    nodes,
    urls: nodes.map(({ proxy }) => `redis://${host}:${proxy.port}`),
    masters: () => mastersOf(nodes),
    whole: (withinMs) => mustHold("a whole Redis Cluster", withinMs, () => isWhole(nodes)),
    wholeAgain: async (withinMs) => {
      // Whether that helped is judged below, also where there was an election in this moment.
      if (!(await holdsWithin(followsWithinMs, () => isWhole(nodes))))
        await followAgain(nodes).catch(() => undefined);
      await cluster.whole(withinMs);
    },
    stop: async () => {
      for (const node of nodes) node.signal("SIGCONT");
      await Promise.all(nodes.map((node) => node.stop()));
      for (const { proxy } of nodes) proxy.close();
    },
  };
  try {
    await form(nodes);
    await cluster.whole(30_000);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function form(nodes: readonly RedisNode[]): Promise<void> {
  for (const node of nodes)
    await mustHold(`${node.name} to answer`, 15_000, async () => (await node.call("PING")) === "PONG");
  for (const [index, node] of nodes.slice(0, shards).entries()) {
    const first = Math.floor((index * slotCount) / shards);
    const last = Math.floor(((index + 1) * slotCount) / shards) - 1;
    await node.call("CLUSTER", "SET-CONFIG-EPOCH", `${index + 1}`);
    await node.call("CLUSTER", "ADDSLOTSRANGE", `${first}`, `${last}`);
  }
  const [meeting, ...others] = nodes as [RedisNode, ...RedisNode[]];
  for (const node of others)
    await node.call("CLUSTER", "MEET", host, `${meeting.port}`, `${meeting.port + busDistance}`);
  for (const [index, replica] of nodes.slice(shards).entries())
    await follow(replica, nodes[index] as RedisNode);
}

async function follow(replica: RedisNode, master: RedisNode): Promise<void> {
  const id = String(await master.call("CLUSTER", "MYID"));
  await mustHold(`${replica.name} to follow ${master.name}`, 15_000, async () => {
    return (await replica.call("CLUSTER", "REPLICATE", id)) === "OK";
  });
}

async function followAgain(nodes: readonly RedisNode[]): Promise<void> {
  const [first] = await mastersOf(nodes);
  const members = await membersSeenBy((first as Member).node, nodes);
  const masters = members.filter(({ isMaster, isFailing }) => isMaster && !isFailing);
  const alone = masters.filter(
    ({ id, slots }) => slots.length > 0 && !members.some(({ masterId }) => masterId === id),
  );
  for (const { node } of masters.filter(({ slots }) => slots.length === 0)) {
    const master = alone.shift();
    if (master === undefined) continue;
    // It may have keys of the slot that was moving, and only who has none can follow.
    await node.call("FLUSHALL");
    await follow(node, master.node);
  }
}

/** As one node sees the cluster. */
export async function membersSeenBy(node: RedisNode, nodes: readonly RedisNode[]): Promise<Member[]> {
  const text = String(await node.call("CLUSTER", "NODES"));
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => memberOf(line, nodes));
}

function memberOf(line: string, nodes: readonly RedisNode[]): Member {
  const [id = "", address = "", flags = "", masterId = "", , , epoch = "", , ...ranges] = line.split(" ");
  const busPort = Number(/@(\d+)/.exec(address)?.[1]);
  const node = nodes.find(({ port }) => port + busDistance === busPort);
  if (node === undefined) throw new Error(`CLUSTER NODES names a stranger: ${line}`);
  const slots = ranges
    .filter((range) => !range.startsWith("["))
    .map((range) => range.split("-").map(Number))
    .map(([first = 0, last = first]) => [first, last] as const);
  const words = flags.split(",");
  const isFailing = words.some(
    (word) => word.startsWith("fail") || word === "handshake" || word === "noaddr",
  );
  return { id, node, isMaster: words.includes("master"), masterId, isFailing, slots, epoch };
}

async function mastersOf(nodes: readonly RedisNode[]): Promise<Member[]> {
  for (const node of nodes) {
    const members = await membersSeenBy(node, nodes).catch(() => undefined);
    const serving = members?.filter(
      (member) => member.isMaster && member.slots.length > 0 && !member.isFailing,
    );
    if (serving?.length === shards) return serving.sort((left, right) => firstSlot(left) - firstSlot(right));
  }
  throw new Error("no node knows a master for each shard");
}

function firstSlot(member: Member): number {
  return Math.min(...member.slots.map(([first]) => first));
}

async function isWhole(nodes: readonly RedisNode[]): Promise<boolean> {
  const views = await Promise.all(nodes.map((node) => viewOf(node, nodes)));
  return views.every((view) => view !== undefined && view === views[0]);
}

/** What this node believes, as a text that others can be held against; nothing while it waits for something. */
async function viewOf(node: RedisNode, nodes: readonly RedisNode[]): Promise<string | undefined> {
  const [info, replication] = await Promise.all([
    node.call("CLUSTER", "INFO"),
    node.call("INFO", "replication"),
  ]);
  if (!String(info).includes("cluster_state:ok") || !String(info).includes(`cluster_slots_ok:${slotCount}`))
    return undefined;
  if (/role:slave[\s\S]*master_link_status:down/.test(String(replication))) return undefined;
  const members = await membersSeenBy(node, nodes);
  const serving = members.filter(({ isMaster, slots }) => isMaster && slots.length > 0);
  const isPaired = serving.every(({ id }) => members.some(({ masterId }) => masterId === id));
  if (members.length !== nodes.length || members.some(({ isFailing }) => isFailing) || !isPaired)
    return undefined;
  return members
    .map(({ id, masterId, epoch, slots }) => `${id} ${masterId} ${epoch} ${JSON.stringify(slots)}`)
    .sort()
    .join("\n");
}

/** Whether another node serves what this one served. */
export function tookOver(cluster: FaultyCluster, lost: RedisNode, withinMs: number): Promise<boolean> {
  return holdsWithin(withinMs, async () => {
    const masters = await cluster.masters();
    return masters.every(({ node }) => node !== lost);
  });
}
