import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import { drawMeasurements } from "./draw-of-many.ts";
import { joinMeasurements } from "./join-figures.ts";
import { startRoomServer } from "./room-server.ts";
import { stepMeasurements } from "./step-figures.ts";

/** A room of a million: how fast it fills, what it takes, and what it costs to let people in. */
export const placesPart: Part = {
  name: "places",
  async measure(run) {
    const measured: Measurement[] = [];
    const count = run.tiny ? 4_000 : 1_000_000;
    for (const measure of [joinMeasurements, stepMeasurements, drawMeasurements]) {
      const server = await startRoomServer(run, measure.name);
      try {
        measured.push(...(await measure(run, server, count)));
      } finally {
        await server.stop();
      }
    }
    return measured;
  },
};
