import type { Suite } from "../bench/suite.ts";
import { exactnessPart } from "./exactness.ts";
import { lossPart } from "./loss.ts";
import { placesPart } from "./places.ts";
import { createSocketsPart } from "./sockets.ts";

export const roomSuite: Suite = {
  name: "room",
  description: "The waiting room: places, sockets, storms, exactness.",
  parts: [createSocketsPart(), placesPart, exactnessPart, lossPart],
};
