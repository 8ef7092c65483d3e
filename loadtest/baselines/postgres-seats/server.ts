/** Sells seats from Postgres rows alone: what a competent team builds first. It checks what ours checks. */
import uws from "uWebSockets.js";
import { loadConfig } from "../../../foundation/config.ts";
import { createPool } from "../../../foundation/postgres/pool.ts";
import { createTokens } from "../../../foundation/tokens.ts";
import { type Booked, book, type Locking, lockings, type Wanted } from "./book.ts";

type Presented = {
  readonly eventId: string;
  readonly authorization: string;
  readonly pass: string;
  readonly idempotencyKey: string;
};

type Answer = { readonly status: string; readonly body: string };

const tokens = createTokens(loadConfig({}).TOKEN_SECRET);
const pool = createPool(process.env["DATABASE_URL"] ?? "", Number(process.env["DATABASE_CONNECTIONS"]));
// Whoever waits for a connection waits; to be refused after a while would be no fair version.
pool.options.connectionTimeoutMillis = 0;
const locking = lockings.find((name) => name === process.env["LOCKING"]) ?? ("skip-locked" satisfies Locking);

const app = uws.App();
app.post("/v1/events/:eventId/bookings", (res, req) => {
  const presented = {
    eventId: req.getParameter(0) ?? "",
    authorization: req.getHeader("authorization"),
    pass: req.getHeader("onsale-pass"),
    idempotencyKey: req.getHeader("idempotency-key"),
  };
  const chunks: Buffer[] = [];
  let aborted = false;
  res.onAborted(() => {
    aborted = true;
  });
  res.onData((chunk, isLast) => {
    chunks.push(Buffer.from(chunk.slice(0)));
    if (!isLast) return;
    void answerTo(presented, Buffer.concat(chunks).toString()).then(({ status, body }) => {
      if (!aborted)
        res.cork(() => res.writeStatus(status).writeHeader("Content-Type", "application/json").end(body));
    });
  });
});

app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) throw new Error("no port is free");
  process.send?.({ type: "ready", port: uws.us_socket_local_port(socket) });
});

async function answerTo(presented: Presented, text: string): Promise<Answer> {
  const wanted = wantedOf(presented, text);
  if (wanted === undefined) return { status: "400 Bad Request", body: "{}" };
  try {
    const booked = await book(pool, locking, wanted);
    if (booked === undefined) return { status: "409 Conflict", body: '{"code":"sold_out"}' };
    const status = booked.fresh ? "201 Created" : "200 OK";
    return { status, body: JSON.stringify(viewOf(wanted, booked)) };
  } catch (failure) {
    process.stderr.write(`${failure}\n`);
    return { status: "503 Service Unavailable", body: "{}" };
  }
}

/** Nothing where the buyer may not book, or asks for something else. */
function wantedOf(
  { eventId, authorization, pass, idempotencyKey }: Presented,
  text: string,
): Wanted | undefined {
  const buyer = tokens.verify("buyer", authorization.slice("Bearer ".length));
  const claims = tokens.verify("pass", pass);
  const { sectionId, quantity } = JSON.parse(text) as Partial<Wanted>;
  if (buyer === undefined || claims === undefined || claims.eventId !== eventId) return undefined;
  if (claims.buyerId !== buyer.buyerId || claims.identity !== buyer.identity) return undefined;
  if (idempotencyKey.length < 8 || !isCount(sectionId) || !isCount(quantity) || quantity > 8)
    return undefined;
  const { buyerId, email } = buyer;
  return { eventId, sectionId, quantity, buyerId, email, idempotencyKey };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}

/** As long as our answer. */
function viewOf({ eventId, sectionId, quantity }: Wanted, booked: Booked) {
  const { id, seatNumbers, totalMinor, deadlineMs } = booked;
  return {
    id,
    eventId,
    sectionId: String(sectionId).padStart(36, "0"),
    offerId: String(sectionId).padStart(36, "0"),
    status: "pending_payment",
    quantity,
    total: { amountMinor: String(totalMinor), currency: "EUR" },
    createdAt: new Date().toISOString(),
    deadline: new Date(deadlineMs).toISOString(),
    seats: seatNumbers.map((seatNumber, position) => ({
      position,
      seatNumber,
      row: String(Math.floor(seatNumber / 50) + 1),
      seat: String((seatNumber % 50) + 1),
      ticketId: null,
      ticketStatus: null,
    })),
  };
}
