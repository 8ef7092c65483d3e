import type { BareSocketsCalls } from "../baselines/bare-sockets.ts";
import { callerOf } from "../bench/calls.ts";
import { startMetered } from "./metered-process.ts";
import type { SocketServer } from "./socket-server.ts";

/** As long as what a room says to those who wait. */
const examplePayload = (id: string) => `{"type":"position","position":${id},"state":"open","pad":"12345"}`;

export async function startBareServer(payloadOf = examplePayload): Promise<SocketServer> {
  const server = await startMetered("loadtest/baselines/bare-sockets.ts");
  const call = callerOf<BareSocketsCalls>(server.child);
  return {
    port: Number(server.ready["port"]),
    handshakeOf: () => ({ path: "/room", headers: { "Sec-WebSocket-Protocol": "onsale.v1" } }),
    tickPattern: '"position":(\\d+)',
    publishTick: (id) => call("publish", payloadOf(id)),
    memoryBytes: server.memoryBytes,
    cpuMs: server.cpuMs,
    stop: server.stop,
  };
}
