import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Stands between a client and a server, to break the network between them. */
export type TcpProxy = {
  /** The server's address with the proxy's port in it. */
  readonly url: string;
  /** Ends every connection and refuses new ones, until `mend`. */
  cut(): void;
  /** Nothing arrives any more in either direction, and nobody hears that: new connections too, until `mend`. */
  hang(): void;
  mend(): void;
  /** The first time that a client sends this text, it still arrives, and then the connection is cut. */
  cutAfter(text: string): void;
};

export async function proxyForThisTest(serverUrl: string): Promise<TcpProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isCut = false;
  let isHanging = false;
  let fatalText: string | undefined;

  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk) => {
      upstream.write(chunk);
      if (fatalText === undefined || !chunk.includes(fatalText)) return;
      fatalText = undefined;
      client.destroy();
      upstream.end();
    });
    upstream.on("data", (chunk) => client.write(chunk));
    client.on("close", () => upstream.end());
    upstream.on("close", () => client.destroy());
    if (isHanging) for (const socket of [client, upstream]) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: url.href,
    cut,
    hang: () => {
      isHanging = true;
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      isCut = false;
      isHanging = false;
      for (const socket of sockets) socket.resume();
    },
    cutAfter: (text) => {
      fatalText = text;
    },
  };
}
