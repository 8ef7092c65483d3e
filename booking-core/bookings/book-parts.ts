import type { Clock } from "../../foundation/clock.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { OnsaleEvent, Section } from "../events/event.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import type { BookRequest, RequestIdentity } from "./book-request.ts";
import type { CommitGroups } from "./commit-groups.ts";

export type BookingsParts = {
  readonly pool: Pool;
  readonly jobs: Jobs;
  readonly seats: SeatEngine;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
};

export type BookParts = BookingsParts & { readonly groups: CommitGroups };

/** What is booked, by whom, as what. */
export type Intent = {
  readonly event: OnsaleEvent;
  readonly section: Section;
  readonly request: BookRequest;
  readonly identity: RequestIdentity;
};
