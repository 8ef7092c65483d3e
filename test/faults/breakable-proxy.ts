import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a client and a server, to break the network between them. */
export type BreakableProxy = {
  readonly port: number;
  /** Nothing passes and nothing breaks, until `thaw`: then what was sent arrives. */
  freeze(): void;
  thaw(): void;
  /** The connections that are there stay open for the client, and the other end is gone without a word. */
  leaveHalfOpen(): void;
  /** What a replica is sent stops on its way, until `loseReplication`: then it is lost for good. */
  holdReplication(): void;
  loseReplication(): void;
  close(): void;
};

type Pair = { readonly client: Socket; readonly upstream: Socket; isReplica: boolean };

/** How a replica of Redis begins to talk. */
const replicaSays = "REPLCONF";

export async function openBreakableProxy(targetPort: number): Promise<BreakableProxy> {
  const pairs = new Set<Pair>();
  const abandoned = new Set<Socket>();
  let frozen = false;
  const server = createServer((client) => {
    const pair = join(client, targetPort, () => pairs.delete(pair));
    pairs.add(pair);
    if (frozen) pauseBoth(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      frozen = true;
      for (const pair of pairs) pauseBoth(pair);
    },
    thaw: () => {
      frozen = false;
      for (const { client, upstream } of pairs) {
        client.resume();
        upstream.resume();
      }
    },
    holdReplication: () => {
      for (const pair of pairs) if (pair.isReplica) pauseBoth(pair);
    },
    loseReplication: () => {
      for (const { client, upstream, isReplica } of pairs) {
        if (!isReplica) continue;
        upstream.destroy();
        client.destroy();
      }
    },
    leaveHalfOpen: () => {
      for (const { client, upstream } of pairs) abandon(client, upstream, abandoned);
      pairs.clear();
    },
    close: () => {
      server.close();
      for (const { client, upstream } of pairs) {
        client.destroy();
        upstream.destroy();
      }
      for (const socket of abandoned) socket.destroy();
    },
  };
}

function join(client: Socket, targetPort: number, ended: () => void): Pair {
  const upstream = connect(targetPort, "127.0.0.1");
  for (const socket of [client, upstream]) socket.setNoDelay(true).on("error", () => undefined);
  const pair: Pair = { client, upstream, isReplica: false };
  client.on("data", (chunk) => {
    pair.isReplica ||= chunk.includes(replicaSays);
    upstream.write(chunk);
  });
  upstream.on("data", (chunk) => client.write(chunk));
  client.on("close", () => {
    upstream.destroy();
    ended();
  });
  upstream.on("close", () => client.destroy());
  return pair;
}

function pauseBoth({ client, upstream }: Pair): void {
  client.pause();
  upstream.pause();
}

function abandon(client: Socket, upstream: Socket, abandoned: Set<Socket>): void {
  upstream.removeAllListeners("close").destroy();
  client.removeAllListeners("data").removeAllListeners("close").resume();
  abandoned.add(client);
  client.on("close", () => abandoned.delete(client));
}
