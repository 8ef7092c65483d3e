import type { BookingId, EventId, RefundId, SectionId } from "../ids.ts";

/** What each job carries. A job names rows; it never carries what the rows say. */
export type JobData = {
  /** Ends the unpaid bookings of an event whose deadline has come. */
  "expire-bookings": { eventId: EventId };
  /** Brings the holds of these bookings in Redis to what Postgres says of them. */
  "apply-holds": { bookingIds: BookingId[] };
  /** Brings what Postgres says these seats are for to Redis. */
  "mark-seats": { eventId: EventId; sectionId: SectionId; seatNumbers: number[] };
  /** Counts the live seats of an event's identities anew. */
  "count-identities": { eventId: EventId };
  /** Settles messages of the inbox that came together. */
  "settle-webhook": { inboxIds: string[] };
  /** Gives the part of a refund back that goes through the provider. */
  "refund-payment": { refundId: RefundId };
  /** Refunds the bookings of an event that does not take place, and goes on where it was stopped. */
  "cancel-event": { eventId: EventId };
  /** What wallets have put aside for payments of these bookings, which have ended, is in the wallets again. */
  "return-wallets": { bookingIds: BookingId[] };
  /** Sends one e-mail of the notification log. */
  "send-email": { notificationId: string };
  /** Sends the code of an address for a span of time. Nothing is stored of it, so the job is all there is. */
  "send-code": { address: string; span: number };
};

export type QueueName = keyof JobData;

type QueueSettings = {
  retryLimit: number;
  retryDelay: number;
  retryBackoff: boolean;
  retryDelayMax: number;
  expireInSeconds: number;
  heartbeatSeconds: number;
  deleteAfterSeconds: number;
  retentionSeconds: number;
  notify: boolean;
};

const hour = 60 * 60;
const day = 24 * hour;

/** Money and seats are retried for long; a job that gives up goes to the dead letters and is seen there. */
const patient: QueueSettings = {
  retryLimit: 20,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 300,
  expireInSeconds: 60,
  // A job whose worker has been silent for this long goes to another: the least that pg-boss takes.
  heartbeatSeconds: 10,
  deleteAfterSeconds: day,
  retentionSeconds: 90 * day,
  // Workers are woken by the insert's NOTIFY and need not poll fast.
  notify: true,
};

/** A provider or a mail server can be away for long: after the first minutes it is asked every quarter of an hour. */
const outside: QueueSettings = { ...patient, retryDelayMax: hour / 4 };

export const queueSettings: Record<QueueName, QueueSettings> = {
  // Inserted with every group of bookings and due much later: a NOTIFY would wake nobody in time, and its
  // lock would make the commits of all gateways wait for each other.
  "expire-bookings": { ...patient, notify: false },
  "apply-holds": patient,
  "mark-seats": patient,
  "count-identities": { ...patient, notify: false },
  "settle-webhook": patient,
  // A day.
  "refund-payment": { ...outside, retryLimit: 106 },
  // Works in batches of its own until the event is done.
  "cancel-event": { ...patient, retryLimit: 50, expireInSeconds: hour },
  // Longer than the two days after which the e-mail itself is given up, and the log says so.
  "send-email": { ...outside, retryLimit: 220 },
  "return-wallets": patient,
  // Worth nothing when it comes late, and no address is kept for long.
  "send-code": { ...patient, retryDelayMax: 30, deleteAfterSeconds: hour, retentionSeconds: hour },
};

/**
 * In one process money and seats go before mail, whose rendering takes the same core. Not `refund-payment`: it mostly
 * waits for the provider, and a slow one must not hold up mail.
 */
export const goFirst: ReadonlySet<QueueName> = new Set(["settle-webhook", "apply-holds", "expire-bookings"]);
export const goLater: ReadonlySet<QueueName> = new Set(["send-email"]);

export function isQueue(name: string): name is QueueName {
  return Object.hasOwn(queueSettings, name);
}

/** What their jobs carry is of people, and worth nothing to who looks later. */
export const leavesNoLetter: ReadonlySet<QueueName> = new Set(["send-code"]);

export const deadLetterQueue = "dead-letters";
/** Nobody works on it; people look, and what nobody has looked at for a year goes. */
export const deadLetterSettings = { retentionSeconds: 365 * day };
