import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import { createPlanSheets, type PlanSheets } from "./plan-sheets.ts";
import { createSeatSheets, type SeatSheets } from "./seat-sheets.ts";

/** What is the same for everybody who looks at an event's seats, as text. */
export type Sheets = { readonly plans: PlanSheets; readonly seats: SeatSheets };

export function createSheets(
  services: Pick<GatewayServices, "sectionWatches" | "clock">,
  bounds: Bounds["seatMap"],
): Sheets {
  return { plans: createPlanSheets(bounds), seats: createSeatSheets(services, bounds) };
}
