import { roomKeys } from "../../foundation/redis/keys.ts";
import { tickMessage } from "../../gateway/room/room-messages.ts";
import { parseRoomNews } from "../../queue-admission/room-news.ts";
import { defaultRoom } from "../../queue-admission/room-settings.ts";
import type { Run } from "../bench/suite.ts";
import { joinPlaces } from "./room-places.ts";
import { startRoomStand } from "./room-stand.ts";
import type { SocketServer } from "./socket-server.ts";

/** Our gateway with a room in which all wait. Nobody drives it: the bench publishes the ticks, in the script's form. */
export async function startRoomSockets({ folder, say }: Run, count: number): Promise<SocketServer> {
  const stand = await startRoomStand(`${folder}/sockets`, { ...defaultRoom, paused: true, draw: false });
  const [driver, gateway] = await Promise.all([stand.startDriver(), stand.startGateway()]);
  const handshakes = await joinPlaces(stand.redis, stand.eventId, count);
  say(`${count} places joined`);
  await driver.stop();
  const tick = JSON.parse(await stand.lastTick()) as Record<string, unknown>;
  const newsOf = (id: string) => JSON.stringify({ ...tick, state: stateOf(id), waiting: Number(id) });
  return {
    ...gateway,
    handshakeOf: (index) => handshakes[index] ?? { path: "/", headers: {} },
    tickPattern: '"waiting":(\\d+)',
    payloadOf: (id) => messageOf(newsOf(id)),
    publishTick: async (id) => void (await stand.redis.spublish(roomKeys(stand.eventId).news, newsOf(id))),
    async stop() {
      await gateway.stop();
      await stand.stop();
    },
  };
}

/** Another one with each tick: a change is told to everybody at once. */
const stateOf = (id: string) => (Number(id) % 2 === 0 ? "open" : "paused");

function messageOf(published: string): string {
  const news = parseRoomNews(published);
  if (news?.kind !== "tick") throw new Error(`no tick: ${published}`);
  return JSON.stringify(tickMessage(news));
}
