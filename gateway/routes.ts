import type { Route } from "./route.ts";
import { book, showBooking } from "./routes/bookings.ts";
import { listEvents, showEvent } from "./routes/events.ts";
import { showHealth, showReadiness } from "./routes/health.ts";
import { takeTurn } from "./routes/passes.ts";
import { startPayment } from "./routes/payments.ts";
import { joinRoom, leaveRoom, showPlace } from "./routes/places.ts";
import { showSeats } from "./routes/seats.ts";
import { openSession } from "./routes/sessions.ts";
import { showTicket } from "./routes/tickets.ts";
import { receiveSandboxWebhook } from "./routes/webhooks.ts";

/** Every route with its schemas: what is served, validated and documented. */
export const routes: readonly Route[] = [
  openSession,
  listEvents,
  showEvent,
  joinRoom,
  showPlace,
  leaveRoom,
  takeTurn,
  showSeats,
  book,
  showBooking,
  startPayment,
  showTicket,
  receiveSandboxWebhook,
  showHealth,
  showReadiness,
];
