import type { Suite } from "../bench/suite.ts";
import { bookingsPart } from "./bookings.ts";
import { claimsPart } from "./claims.ts";
import { contentionPart } from "./contention.ts";
import { flatPart } from "./flat.ts";
import { mapPart } from "./map.ts";
import { rushPart } from "./rush.ts";

export const seatsSuite: Suite = {
  name: "seats",
  description: "Seats and bookings: claims, durable bookings, a rush, flat cost, contention, the live map.",
  parts: [claimsPart, bookingsPart, rushPart, flatPart, contentionPart, mapPart],
};
