/** What a node of Redis says of itself. */

/** A connection to one node (of ioredis); the nodes of a cluster each have their own readings. */
export type NodeConnection = { call(command: string, ...args: (string | number)[]): Promise<unknown> };

export type CommandTime = { readonly calls: number; readonly perCallMs: number };

/** Its hash, by which any connection to this node can call it. */
export async function loadScript(node: NodeConnection, text: string): Promise<string> {
  return String(await node.call("SCRIPT", "LOAD", text));
}

/** What a key takes with all of its values, not with a sample of them. */
export async function memoryOfKey(node: NodeConnection, key: string): Promise<number> {
  const bytes = await node.call("MEMORY", "USAGE", key, "SAMPLES", "0");
  if (typeof bytes !== "number") throw new Error(`the node has no key ${key}`);
  return bytes;
}

/** What the node has allocated for everything. */
export async function memoryOfNode(node: NodeConnection): Promise<number> {
  return readInfo(String(await node.call("INFO", "memory")), /^used_memory:(\d+)/m);
}

/** The node's own time in calls of a command (such as `evalsha`) during some work: without the network, without waiting. */
export async function timeInCommand(
  node: NodeConnection,
  command: string,
  work: () => Promise<unknown>,
): Promise<CommandTime> {
  const before = await commandStats(node, command);
  await work();
  const after = await commandStats(node, command);
  const calls = after.calls - before.calls;
  if (calls === 0) throw new Error(`the node was not asked for ${command}`);
  return { calls, perCallMs: (after.microseconds - before.microseconds) / calls / 1_000 };
}

/** How often the node was asked for a command, also by scripts, since it started. */
export async function timesCalled(node: NodeConnection, command: string): Promise<number> {
  return (await commandStats(node, command)).calls;
}

async function commandStats(node: NodeConnection, command: string) {
  const text = String(await node.call("INFO", "commandstats"));
  const line = text.split("\r\n").find((candidate) => candidate.startsWith(`cmdstat_${command}:`));
  if (line === undefined) return { calls: 0, microseconds: 0 };
  return { calls: readInfo(line, /calls=(\d+)/), microseconds: readInfo(line, /usec=(\d+)/) };
}

function readInfo(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`INFO does not say ${pattern.source}`);
  return Number(found);
}
