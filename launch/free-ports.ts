import { type AddressInfo, createServer } from "node:net";

/** Ports below this leave room for a Redis node's second port, which is 10,000 higher. */
const highestClusterPort = 55_000;
const busPortDistance = 10_000;

export async function freePort(): Promise<number> {
  const port = await listenOnce(0);
  if (port === undefined) throw new Error("the machine has no free port");
  return port;
}

/** A port whose partner, 10,000 higher, is free too: what a Redis Cluster node needs. */
export async function freeClusterPort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * (highestClusterPort - 10_000));
    if ((await isPortFree(port)) && (await isPortFree(port + busPortDistance))) return port;
  }
  throw new Error("no pair of free ports for a Redis Cluster node was found");
}

export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return (await listenOnce(port, host)) !== undefined;
}

function listenOnce(port: number, host = "127.0.0.1"): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}
