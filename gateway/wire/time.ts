import { z } from "zod";

export function timeSchema(description: string) {
  return z.iso.datetime().meta({ description, example: "2026-12-24T19:30:00.000Z" });
}

/** RFC 3339, UTC. */
export function timeView(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
