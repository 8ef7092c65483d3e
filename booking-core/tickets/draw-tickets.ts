/** Runs as a thread of its own: see `ticket-drawing.ts`. */
import { parentPort } from "node:worker_threads";
import type { Drawn, DrawRequest } from "./ticket-drawing.ts";
import { renderTicketsPdf } from "./ticket-pdf.ts";
import { qrSvg } from "./ticket-qr.ts";

parentPort?.on("message", async (request: DrawRequest) => {
  parentPort?.postMessage(await draw(request));
});

async function draw(request: DrawRequest): Promise<Drawn> {
  try {
    return "facts" in request
      ? { pdf: await renderTicketsPdf(request.facts) }
      : { svgs: request.codes.map(qrSvg) };
  } catch (failure) {
    return { failure: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure) };
  }
}
