import type { BareSocketsCalls } from "../baselines/bare-sockets.ts";
import { callerOf } from "../bench/calls.ts";
import { startMetered } from "../bench/metered-process.ts";
import type { SocketServer } from "./socket-server.ts";

type Told = Pick<SocketServer, "tickPattern"> & Required<Pick<SocketServer, "payloadOf">>;

/** As long as what a room says to those who wait. */
const example: Told = {
  tickPattern: '"position":(\\d+)',
  payloadOf: (id) => `{"type":"position","position":${id},"state":"open","pad":"12345"}`,
};

/** It says what another server says. */
export async function startBareServer({ tickPattern, payloadOf }: Told = example): Promise<SocketServer> {
  const server = await startMetered("loadtest/baselines/bare-sockets.ts");
  const call = callerOf<BareSocketsCalls>(server.child);
  return {
    port: Number(server.ready["port"]),
    handshakeOf: () => ({ path: "/room", headers: { "Sec-WebSocket-Protocol": "onsale.v1" } }),
    tickPattern,
    payloadOf,
    publishTick: (id) => call("publish", payloadOf(id)),
    memoryBytes: server.memoryBytes,
    cpuMs: server.cpuMs,
    stop: server.stop,
  };
}
