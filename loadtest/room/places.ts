import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { drawMeasurements } from "./draw-of-many.ts";
import { httpMeasurements } from "./http-joins.ts";
import { joinMeasurements } from "./join-figures.ts";
import { type RoomServer, startRoomServer } from "./room-server.ts";
import { stepMeasurements } from "./step-figures.ts";

/** A room of a million: how fast it fills, what it takes, and what it costs to let people in. */
export const placesPart: Part = {
  name: "places",
  async measure(run) {
    const count = run.tiny ? 4_000 : 1_000_000;
    const filled = await onServer(run, "filled", async (server) => {
      const { eventId, measured } = await joinMeasurements(run, server, count);
      return [...measured, ...(await stepMeasurements(run, server, eventId, count))];
    });
    const drawn = await onServer(run, "drawn", (server) => drawMeasurements(run, server, count));
    return [...filled, ...drawn, ...(await httpMeasurements(run))];
  },
};

async function onServer(
  run: Run,
  name: string,
  measure: (server: RoomServer) => Promise<readonly Measurement[]>,
): Promise<readonly Measurement[]> {
  const server = await startRoomServer(run, name);
  try {
    return await measure(server);
  } finally {
    await server.stop();
  }
}
