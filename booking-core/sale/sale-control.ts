import type { EventId } from "../../foundation/ids.ts";
import type { Actor } from "../rooms/audit.ts";
import type { SeatClass } from "../seats/seat-bytes.ts";
import { type NewPool, type PoolOutcome, setPool } from "./house-pools.ts";
import { type MarkOutcome, type MarkParts, markSeats, type SeatsToMark } from "./mark-seats.ts";
import { changeRules, type RuleChanges, readRules, type SaleRules } from "./sale-rules.ts";

/** What operators decide of a sale while it goes on. Postgres has it, and each change is audited. */
export type SaleControl = {
  rules(eventId: EventId): Promise<SaleRules | undefined>;
  changeRules(actor: Actor, eventId: EventId, changes: RuleChanges): Promise<SaleRules | undefined>;
  setPool(actor: Actor, eventId: EventId, pool: NewPool): Promise<PoolOutcome>;
  markSeats(actor: Actor, seats: SeatsToMark, to: SeatClass): Promise<MarkOutcome>;
};

export function createSaleControl(parts: MarkParts): SaleControl {
  return {
    rules: (eventId) => readRules(parts.pool, eventId),
    changeRules: (actor, eventId, changes) => changeRules(parts, actor, eventId, changes),
    setPool: (actor, eventId, pool) => setPool(parts, actor, eventId, pool),
    markSeats: (actor, seats, to) => markSeats(parts, actor, seats, to),
  };
}
