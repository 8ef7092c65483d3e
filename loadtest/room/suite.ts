import type { Suite } from "../bench/suite.ts";
import { startRoomSockets } from "./room-sockets.ts";
import { createSocketsPart } from "./sockets.ts";

export const roomSuite: Suite = {
  name: "room",
  description: "The waiting room: places, sockets, storms, exactness.",
  parts: [createSocketsPart(startRoomSockets)],
};
