import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createNetServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createPoster } from "./poster.ts";
import { listening, openReceiver, taken } from "./test-receiver.ts";
import { createPost } from "./webhooks.ts";

function posterTo(url: string, settings: { connectionsMost?: number; answerMs?: number } = {}) {
  const poster = createPoster({
    ...{ url, headers: { "content-type": "application/json" }, connectionsMost: 4, answerMs: 5_000 },
    ...settings,
  });
  onTestFinished(poster.close);
  return poster;
}

test("a request says where it goes, what it is and how long, in bytes", async () => {
  let text = "";
  const { url, port } = await openReceiver((heard) => {
    text = heard.text;
    heard.socket.write(taken);
  });
  expect(await posterTo(url).post('{"name":"Zoë"}', { "sandbox-signature": "t=1" })).toBe(200);
  expect(text).toBe(
    `POST /told?by=us HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
      'sandbox-signature: t=1\r\ncontent-length: 15\r\n\r\n{"name":"Zoë"}',
  );
});

test("the name and password of the address are sent as Basic authorization", async () => {
  let text = "";
  const { port } = await openReceiver((heard) => {
    text = heard.text;
    heard.socket.write(taken);
  });
  expect(await posterTo(`http://me:p%40ss@127.0.0.1:${port}/`).post("{}", {})).toBe(200);
  expect(text).toContain(`\r\nauthorization: Basic ${Buffer.from("me:p@ss").toString("base64")}\r\n`);
});

test("one connection serves one request after the other, and each gets its own status", async () => {
  const { url, seen } = await openReceiver(({ count, socket }) => {
    socket.write(count === 1 ? "HTTP/1.1 500 Broken\r\nContent-Length: 4\r\n\r\nHTTP" : taken);
  });
  const poster = posterTo(url);
  expect([await poster.post("{}", {}), await poster.post("{}", {})]).toEqual([500, 200]);
  expect(seen.connections).toBe(1);
});

test("an answer that comes in pieces is waited for, and the next request is not mixed up with it", async () => {
  const pieces = [
    "HTTP/1.1 201 Crea",
    "ted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    "c\r\n0\r\n",
    "\r\n",
  ];
  const { url, seen } = await openReceiver(({ socket, ofConnection }) => {
    if (ofConnection > 1) return void socket.write(taken);
    const write = ([first, ...others]: string[]): void => {
      if (first !== undefined) socket.write(first, () => setImmediate(write, others));
    };
    write(pieces);
  });
  const poster = posterTo(url, { connectionsMost: 1 });
  const statuses = await Promise.all([poster.post("{}", {}), poster.post("{}", {})]);
  expect(statuses).toEqual([201, 200]);
  expect(seen.connections).toBe(1);
});

test("a server that closes between two requests is connected to anew, and nothing is lost", async () => {
  const { url, seen, sockets } = await openReceiver(({ socket, ofConnection }) => {
    if (ofConnection === 1) socket.write(taken);
    else socket.destroy();
  });
  const poster = posterTo(url);
  expect(await poster.post("{}", {})).toBe(200);
  // It dies with the second request in its hands: that is sent once more on a fresh connection.
  expect(await poster.post("{}", {})).toBe(200);
  expect(seen).toEqual({ requests: 3, connections: 2 });
  for (const socket of sockets) socket.end();
  await waitFor(() => sockets.size === 0, { what: "the end of the connections" });
  expect(await poster.post("{}", {})).toBe(200);
});

test("what a fresh connection did not take is not sent again", async () => {
  const { url, seen } = await openReceiver(({ socket }) => socket.destroy());
  expect(await posterTo(url).post("{}", {})).toBe(0);
  expect(seen.requests).toBe(1);
});

test("a connection that its answer ends is not used again", async () => {
  const { url, seen } = await openReceiver(({ socket, count }) => {
    if (count === 1) socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else socket.end("HTTP/1.1 202 Accepted\r\n\r\nuntil the connection's end");
  });
  const poster = posterTo(url, { connectionsMost: 1 });
  const statuses = await Promise.all([poster.post("{}", {}), poster.post("{}", {}), poster.post("{}", {})]);
  expect(statuses).toEqual([200, 202, 202]);
  expect(seen.connections).toBe(3);
});

test("silence is given up after its time, and who waited behind it is served", async () => {
  const { url, seen } = await openReceiver(({ socket, count }) => {
    if (count > 1) socket.write(taken);
  });
  const poster = posterTo(url, { connectionsMost: 1, answerMs: 300 });
  const startedAt = performance.now();
  const [silent, served] = await Promise.all([poster.post("{}", {}), poster.post("{}", {})]);
  expect([silent, served]).toEqual([0, 200]);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300);
  expect(seen.connections).toBe(2);
});

test("a server that is not there is said at once", async () => {
  const server = createNetServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await posterTo(`http://127.0.0.1:${port}/`, { connectionsMost: 1 }).post("{}", {})).toBe(0);
});

test("many at once go over as many connections as are allowed, in order and one at a time on each", async () => {
  const sent: number[][] = [];
  const open = new Map<number, number>();
  let together = 0;
  const { url, seen } = await openReceiver(({ connection, socket, text }) => {
    sent[connection - 1] = [...(sent[connection - 1] ?? []), Number(/\d+(?=}$)/.exec(text)?.[0])];
    open.set(connection, (open.get(connection) ?? 0) + 1);
    together = Math.max(together, ...open.values());
    setImmediate(() => {
      open.set(connection, (open.get(connection) ?? 0) - 1);
      socket.write(taken);
    });
  });
  const poster = posterTo(url, { connectionsMost: 3 });
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  const statuses = await Promise.all(numbers.map((number) => poster.post(`{"number":${number}}`, {})));
  expect(new Set(statuses)).toEqual(new Set([200]));
  const ascending = (some: readonly number[]) => [...some].sort((left, right) => left - right);
  expect(ascending(sent.flat())).toEqual(numbers);
  for (const ofConnection of sent) expect(ofConnection).toEqual(ascending(ofConnection));
  expect([seen.connections, together]).toEqual([3, 1]);
});

test("after its end nothing is posted, and what was under way is over", async () => {
  const { url, seen } = await openReceiver(() => {});
  const poster = posterTo(url, { connectionsMost: 1 });
  const posted = [poster.post("{}", {}), poster.post("{}", {})];
  await waitFor(() => seen.requests === 1, { what: "the first request" });
  poster.close();
  expect(await Promise.all([...posted, poster.post("{}", {})])).toEqual([0, 0, 0]);
  expect(seen.requests).toBe(1);
});

test("Node's own server understands it, by name and by an IPv6 address", async () => {
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(200).end(request.headers["content-type"]));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  expect(await posterTo(`http://localhost:${port}`).post("{}", {})).toBe(200);
  if (await hasIpv6(port)) expect(await posterTo(`http://[::1]:${port}`).post("{}", {})).toBe(200);
});

function hasIpv6(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "::1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("a receiver by https is spoken to by TLS", async () => {
  let first = 0;
  const server = createNetServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      first = bytes[0] ?? 0;
      socket.destroy();
    });
  });
  const port = await listening(server);
  onTestFinished(() => void server.close());
  const { post, close } = createPost({ url: `https://127.0.0.1:${port}/`, secret: "w" }, 1);
  onTestFinished(close);
  expect(await post("{}")).toBe(false);
  const tlsHandshake = 0x16;
  expect(first).toBe(tlsHandshake);
});
