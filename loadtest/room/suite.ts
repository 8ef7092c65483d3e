import type { Suite } from "../bench/suite.ts";
import { socketsPart } from "./sockets.ts";

export const roomSuite: Suite = {
  name: "room",
  description: "The waiting room: places, sockets, storms, exactness.",
  parts: [socketsPart],
};
