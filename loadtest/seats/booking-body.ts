/** The one place that knows how a booking is asked for. */
import type { SectionId } from "../../foundation/ids.ts";

export function bestSeats(sectionId: SectionId, quantity: number): string {
  return JSON.stringify({ sectionId, wish: { mode: "best-available", quantity } });
}

export function theseSeats(sectionId: SectionId, seatNumbers: readonly number[]): string {
  return JSON.stringify({ sectionId, wish: { mode: "manual", seatNumbers } });
}

/** What a buyer of the rush asks, and a name that is the same for all who choose among the same sections. */
export function rushWish(
  sectionIds: readonly SectionId[],
  quantity: number,
  index: number,
): { readonly choice: string; readonly body: string } {
  const sectionId = sectionIds[index % sectionIds.length];
  if (sectionId === undefined) throw new Error("an event without a section");
  return { choice: sectionId, body: bestSeats(sectionId, quantity) };
}
