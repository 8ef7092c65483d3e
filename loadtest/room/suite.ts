import type { Suite } from "../bench/suite.ts";
import { crowd54Part } from "./crowd54.ts";
import { exactnessPart } from "./exactness.ts";
import { lossPart } from "./loss.ts";
import { placesPart } from "./places.ts";
import { startRoomSockets } from "./room-sockets.ts";
import { createSocketsPart } from "./sockets.ts";
import { stormPart } from "./storm.ts";

export const roomSuite: Suite = {
  name: "room",
  description: "The waiting room: places, sockets, storms, exactness.",
  parts: [placesPart, exactnessPart, lossPart, createSocketsPart(startRoomSockets), crowd54Part, stormPart],
};
