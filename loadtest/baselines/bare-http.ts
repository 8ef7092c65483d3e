/** Parses the same JSON body and answers JSON of the same size: the limit of this machine with its generator. */
import uws from "uWebSockets.js";

/** About what a booking's answer looks like. */
const answer = JSON.stringify({
  id: "0".repeat(36),
  eventId: "0".repeat(36),
  sectionId: "0".repeat(36),
  offerId: "0".repeat(36),
  status: "pending_payment",
  quantity: 2,
  total: { amountMinor: "9000", currency: "EUR" },
  createdAt: "2030-01-01T00:00:00.000Z",
  deadline: "2030-01-01T00:15:00.000Z",
  seats: [0, 1].map((position) => ({ position, seatNumber: position, row: "A", seat: "1", ticketId: null })),
});

const app = uws.App();
app.post("/*", (res) => {
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

app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) throw new Error("no port is free");
  process.send?.({ type: "ready", port: uws.us_socket_local_port(socket) });
});
