import type { Route } from "./route.ts";
import { dismissDeadLetter, listDeadLetters, retryDeadLetter } from "./routes/admin-dead-letters.ts";
import {
  dismissWebhook,
  listOpenRefunds,
  listParkedPayments,
  listParkedWebhooks,
  replayWebhook,
  retryRefund,
} from "./routes/admin-money.ts";
import { dismissNotification, listNotifications, resendNotification } from "./routes/admin-notifications.ts";
import { book, showBooking } from "./routes/bookings.ts";
import { checkIn, showDoorList, tellCheckIns } from "./routes/doors.ts";
import { checkReceipt, showDraw, showDrawProof } from "./routes/draw.ts";
import { listEvents, showEvent } from "./routes/events.ts";
import { showHealth, showReadiness } from "./routes/health.ts";
import { showAudit } from "./routes/operator-audit.ts";
import { showBookingFile } from "./routes/operator-bookings.ts";
import { createCodes } from "./routes/operator-codes.ts";
import { closeDoor, listDoors, makeDoor } from "./routes/operator-doors.ts";
import { listEventEntries, showEventLedger } from "./routes/operator-ledger.ts";
import { cancelEvent, refundPayment, showCancellation } from "./routes/operator-refunds.ts";
import { changeRoom, removePlace, setBeacon, showRoom } from "./routes/operator-room.ts";
import { changeRules, markSeats, setPool, showRules } from "./routes/operator-sale.ts";
import { cancelBooking, extendBooking, listBookings, releaseSeats } from "./routes/own-bookings.ts";
import { renewPass, takeTurn } from "./routes/passes.ts";
import { listPayments, showPayment, startPayment } from "./routes/payments.ts";
import { joinRoom, leaveRoom, showChallenge, showPlace } from "./routes/places.ts";
import { showPlan } from "./routes/plan.ts";
import { listRefunds, quoteRefund, refundOwnTickets, refundTicketsOf } from "./routes/refunds.ts";
import { showEventSeats, showSeats } from "./routes/seats.ts";
import { openSession, requestEmailCode } from "./routes/sessions.ts";
import { listTicketKeys } from "./routes/ticket-keys.ts";
import { reissueTicket, showTicket, showTicketCode, showTicketsPdf } from "./routes/tickets.ts";
import { listWalletEntries, showWallet, startTopUp } from "./routes/wallet.ts";
import { receiveSandboxWebhook, receiveStripeWebhook } from "./routes/webhooks.ts";

/** Every route with its schemas: what is served, validated and documented. */
export const routes: readonly Route[] = [
  openSession,
  requestEmailCode,
  listEvents,
  showEvent,
  showChallenge,
  joinRoom,
  showPlace,
  leaveRoom,
  takeTurn,
  renewPass,
  showDraw,
  showDrawProof,
  checkReceipt,
  showRoom,
  changeRoom,
  createCodes,
  removePlace,
  setBeacon,
  showRules,
  changeRules,
  setPool,
  markSeats,
  showAudit,
  showEventLedger,
  listEventEntries,
  showPlan,
  showEventSeats,
  showSeats,
  book,
  showBooking,
  listBookings,
  releaseSeats,
  extendBooking,
  cancelBooking,
  startPayment,
  listPayments,
  showPayment,
  refundOwnTickets,
  quoteRefund,
  listRefunds,
  showBookingFile,
  refundTicketsOf,
  refundPayment,
  cancelEvent,
  showCancellation,
  startTopUp,
  showWallet,
  listWalletEntries,
  showTicket,
  showTicketCode,
  showTicketsPdf,
  reissueTicket,
  listTicketKeys,
  makeDoor,
  listDoors,
  closeDoor,
  checkIn,
  tellCheckIns,
  showDoorList,
  receiveSandboxWebhook,
  listNotifications,
  resendNotification,
  dismissNotification,
  listDeadLetters,
  retryDeadLetter,
  dismissDeadLetter,
  listParkedWebhooks,
  replayWebhook,
  dismissWebhook,
  listParkedPayments,
  listOpenRefunds,
  retryRefund,
  receiveStripeWebhook,
  showHealth,
  showReadiness,
];
