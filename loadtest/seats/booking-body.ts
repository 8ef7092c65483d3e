/** The one place that knows how a booking is asked for. */
import type { SectionId } from "../../foundation/ids.ts";

export function bestSeats(sectionId: SectionId, quantity: number): string {
  return JSON.stringify({ wishes: [{ mode: "best-available", quantity, sectionId }] });
}

export function bestSeatsAnywhere(quantity: number): string {
  return JSON.stringify({ wishes: [{ mode: "best-available", quantity }] });
}

export function theseSeats(sectionId: SectionId, seatNumbers: readonly number[]): string {
  return JSON.stringify({ wishes: [{ mode: "manual", sectionId, seatNumbers }] });
}
