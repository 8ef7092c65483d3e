import type { HistoryPage, HistoryRequest } from "../booking-core/bookings/booking-history.ts";
import type { Bookings } from "../booking-core/bookings/bookings.ts";
import type { ChangeOfMind } from "../booking-core/bookings/change-of-mind.ts";
import type { Changes } from "../booking-core/bookings/changes.ts";
import type { CheckIns } from "../booking-core/doors/check-ins.ts";
import type { DoorLists } from "../booking-core/doors/door-list.ts";
import type { Doors } from "../booking-core/doors/doors.ts";
import type { Catalogue } from "../booking-core/events/catalogue.ts";
import type { EventLedger } from "../booking-core/ledger/event-ledger.ts";
import type { NotificationLog } from "../booking-core/notifications/notification-log.ts";
import type { Inbox } from "../booking-core/payments/inbox.ts";
import type { OwnPayments } from "../booking-core/payments/own-payments.ts";
import type { Payments } from "../booking-core/payments/payments.ts";
import type { Sessions } from "../booking-core/people/sessions.ts";
import type { BookingFiles } from "../booking-core/refunds/booking-file.ts";
import type { Cancellations } from "../booking-core/refunds/cancel-event.ts";
import type { Refunds } from "../booking-core/refunds/refunds.ts";
import type { RoomCodes } from "../booking-core/rooms/room-codes.ts";
import type { RoomStore } from "../booking-core/rooms/room-store.ts";
import type { SaleControl } from "../booking-core/sale/sale-control.ts";
import type { SectionWatches } from "../booking-core/seats/section-watch.ts";
import type { StuckWork } from "../booking-core/stuck-work/stuck-work.ts";
import type { TicketDrawing } from "../booking-core/tickets/ticket-drawing.ts";
import type { TicketKeys } from "../booking-core/tickets/ticket-keys.ts";
import type { Tickets } from "../booking-core/tickets/tickets.ts";
import type { TopUps } from "../booking-core/wallet/top-ups.ts";
import type { Wallets } from "../booking-core/wallet/wallets.ts";
import type { Clock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import type { Logger } from "../foundation/log.ts";
import type { TokenClaims, Tokens } from "../foundation/tokens.ts";
import type { DrawRecord } from "../queue-admission/draw/draw-record.ts";
import type { DrawProofs } from "../queue-admission/draw-proofs.ts";
import type { RoomsOfEvents } from "../queue-admission/room.ts";
import type { RoomControl } from "../queue-admission/room-control.ts";
import type { RoomWatches } from "../queue-admission/room-watch.ts";

/** Who calls, as the token says. */
export type Buyer = TokenClaims["buyer"];

export type CheckedPart = "redis" | "postgres" | "queue";

/** All that the gateway needs of the other parts; `app/` builds them and hands them in. */
export type GatewayServices = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tokens: Tokens;
  /** Signs what the gateway hands out and takes back: challenges. */
  readonly guardSecret: string;
  /** How many proxies of our own stand in front, and write `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** The bearer of this may read the metrics. */
  readonly metricsToken: string;
  readonly sessions: Sessions;
  readonly catalogue: Catalogue;
  readonly rooms: RoomsOfEvents;
  readonly roomWatches: RoomWatches;
  readonly roomControl: RoomControl;
  readonly roomStore: RoomStore;
  /** Brings the room to Redis as Postgres has it. */
  readonly publishRoom: (eventId: EventId) => Promise<void>;
  readonly roomCodes: Pick<RoomCodes, "create">;
  /** What everybody may know of the draw. */
  readonly draw: (eventId: EventId) => Promise<DrawRecord | undefined>;
  readonly drawProofs: DrawProofs;
  readonly changes: Pick<Changes, "watch">;
  readonly sectionWatches: Pick<SectionWatches, "open" | "known">;
  readonly bookings: Pick<Bookings, "book" | "find">;
  readonly changeOfMind: ChangeOfMind;
  readonly bookingHistory: (request: HistoryRequest) => Promise<HistoryPage>;
  readonly saleControl: SaleControl;
  readonly payments: Payments;
  readonly ownPayments: OwnPayments;
  readonly refunds: Refunds;
  readonly bookingFiles: BookingFiles;
  readonly cancellations: Cancellations;
  readonly topUps: TopUps;
  readonly wallets: Wallets;
  readonly eventLedger: EventLedger;
  readonly inbox: Inbox;
  readonly tickets: Tickets;
  readonly ticketKeys: Pick<TicketKeys, "public">;
  readonly ticketDrawing: TicketDrawing;
  readonly doors: Doors;
  readonly doorList: DoorLists;
  readonly checkIns: CheckIns;
  readonly notificationLog: NotificationLog;
  readonly stuckWork: StuckWork;
  readonly checks: Readonly<Record<CheckedPart, () => Promise<void>>>;
};
