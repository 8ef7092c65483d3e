import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";

/**
 * Our servers listen below the ports that systems give to outgoing connections (from 32,768 on Linux): a
 * connection that happens to hold the port would keep a server from starting again.
 */
const lowest = 10_000;
const highest = 32_000;
/** A Redis Cluster node also listens this much higher. */
const busDistance = 10_000;
export const clusterPorts = [0, busDistance];

/** What keeps this user from listening at a port: another program, or the system's rules. */
export type PortTrouble = "taken" | "forbidden";

export function freePort(): Promise<number> {
  return choosePort(lowest, highest, [0]);
}

/** A port whose partner is free too: what a Redis Cluster node needs. */
export function freeClusterPort(): Promise<number> {
  return choosePort(lowest, highest - busDistance, clusterPorts);
}

/** The first of `count` free ports in a row. */
export function freePortRow(count: number): Promise<number> {
  return choosePort(
    lowest,
    highest - count,
    Array.from({ length: count }, (_, index) => index),
  );
}

/**
 * Between a look at a port and the server that listens at it, another process may choose the same one. So the UDP port
 * of the same number, which we have no other use for, is kept until the process that chose has ended.
 */
async function choosePort(from: number, to: number, distances: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = from + Math.floor(Math.random() * (to - from));
    const kept = await Promise.all(distances.map((distance) => keep(port + distance)));
    if (!kept.includes(undefined) && (await areFree(port, distances))) return port;
    for (const twin of kept) twin?.close();
  }
  throw new Error("no free ports were found");
}

function keep(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const twin = createSocket("udp4");
    twin.once("error", () => resolve(undefined));
    twin.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(twin.unref()));
  });
}

/** Whether the ports at these distances from `port` are all free. */
export async function areFree(port: number, distances: readonly number[]): Promise<boolean> {
  const troubles = await Promise.all(distances.map((distance) => portTrouble(port + distance)));
  return troubles.every((trouble) => trouble === undefined);
}

export function portTrouble(port: number): Promise<PortTrouble | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "EACCES" ? "forbidden" : "taken"),
    );
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
