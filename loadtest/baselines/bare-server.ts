import uws from "uWebSockets.js";
import { type LoadOptions, type Measured, measure } from "../measure.ts";

/** About what a booking's answer looks like. */
const answer = JSON.stringify({
  id: "0".repeat(36),
  eventId: "0".repeat(36),
  sectionId: "0".repeat(36),
  status: "pending_payment",
  quantity: 2,
  total: { amountMinor: 9_000, currency: "EUR" },
  deadline: "2030-01-01T00:00:00.000Z",
  seats: [0, 1].map((position) => ({ position, seatNumber: position, row: "A", seat: "1", ticketId: null })),
});

const body = JSON.stringify({ sectionId: "0".repeat(36), wish: { mode: "best-available", quantity: 2 } });

/** Parses the same JSON body and answers JSON of the same size: the limit of this machine with this generator. */
export async function measureBare(options: LoadOptions): Promise<Measured> {
  const app = uws.App();
  app.post("/bookings", (res) => {
    const chunks: Buffer[] = [];
    res.onAborted(() => undefined);
    res.onData((chunk, isLast) => {
      chunks.push(Buffer.from(chunk.slice(0)));
      if (!isLast) return;
      JSON.parse(Buffer.concat(chunks).toString());
      res.cork(() =>
        res.writeStatus("201 Created").writeHeader("Content-Type", "application/json").end(answer),
      );
    });
  });
  const socket = await new Promise<uws.us_listen_socket>((resolve) => app.listen("127.0.0.1", 0, resolve));
  const url = `http://127.0.0.1:${uws.us_socket_local_port(socket)}`;
  const headers = { "content-type": "application/json" };
  try {
    return await measure(url, options, () => ({ path: "/bookings", headers, body }));
  } finally {
    app.close();
  }
}
