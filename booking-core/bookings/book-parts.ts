import type { Clock } from "../../foundation/clock.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { PostgresWatch } from "../../foundation/postgres/postgres-watch.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { OnsaleEvent, Section } from "../events/event.ts";
import type { ClaimOutcome } from "../seats/claim.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import type { BookRequest, RequestIdentity } from "./book-request.ts";
import type { CommitGroups } from "./commit-groups.ts";
import type { EarlierBookings } from "./earlier-bookings.ts";
import type { FreeSeats } from "./free-seats.ts";
import type { PlannedWish } from "./planned-wish.ts";

export type BookingsParts = {
  readonly pool: Pool;
  readonly jobs: Jobs;
  readonly seats: SeatEngine;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
};

export type BookParts = BookingsParts & {
  readonly postgres: PostgresWatch;
  readonly groups: CommitGroups;
  readonly freeSeats: FreeSeats;
  readonly earlier: EarlierBookings;
};

export type Held = Extract<ClaimOutcome, { outcome: "held" }>;

/** What a booking holds of one section. */
export type Part = { readonly section: Section; readonly held: Held };

/** What is booked, by whom, as what. */
export type Intent = {
  readonly event: OnsaleEvent;
  readonly wishes: readonly PlannedWish[];
  readonly request: BookRequest;
  readonly identity: RequestIdentity;
  readonly deadlineMs: number;
};
