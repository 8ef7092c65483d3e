// Written by lua/generate.ts from the headers of the scripts. Do not edit: npm run check -- --fix
import type { Redis } from "../foundation/redis/connect.ts";
import { loadScript, runScript } from "./run-script.ts";

const roomConfigureScript = loadScript("room/configure-1.lua");
/** Sets how a room runs. The places, turns and passes of a running room stay as they are. */
export async function roomConfigure(redis: Redis, keys: { readonly settings: string }, args: { readonly state: string; readonly cap: number; readonly ratePerMinute: number; readonly turnWindowMs: number; readonly passMs: number }): Promise<"configured"> {
  return (await runScript(redis, roomConfigureScript, [keys.settings], [args.state, args.cap, args.ratePerMinute, args.turnWindowMs, args.passMs])) as "configured";
}

const roomHandBackLeaseScript = loadScript("room/hand-back-lease-1.lua");
/** Ends a driver's lease early, so that the next driver need not wait for its end. */
export async function roomHandBackLease(redis: Redis, keys: { readonly lease: string }, args: { readonly driverId: string }): Promise<0 | 1> {
  return (await runScript(redis, roomHandBackLeaseScript, [keys.lease], [args.driverId])) as 0 | 1;
}

const roomJoinScript = loadScript("room/join-5.lua");
/** Gives an identity its one place in the room. Joining again finds the same place, in any state of the room; a place whose turn or pass is over is gone, and joining gives a new one at the end. */
export async function roomJoin(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly waiting: string; readonly turns: string; readonly inside: string }, args: { readonly identity: string; readonly buyerId: string; readonly nowMs: number }): Promise<[where: "waiting" | "turn" | "inside", number: number, mark: number, state: string, joinedAtMs: number, fresh: 0 | 1] | ["place_elsewhere"] | ["room_closed", string]> {
  return (await runScript(redis, roomJoinScript, [keys.settings, keys.places, keys.waiting, keys.turns, keys.inside], [args.identity, args.buyerId, args.nowMs])) as [where: "waiting" | "turn" | "inside", number: number, mark: number, state: string, joinedAtMs: number, fresh: 0 | 1] | ["place_elsewhere"] | ["room_closed", string];
}

const roomLeaveScript = loadScript("room/leave-4.lua");
/** Gives up a place with its turn or pass; the slot is free at once. Asked again, nothing is left to do. */
export async function roomLeave(redis: Redis, keys: { readonly places: string; readonly waiting: string; readonly turns: string; readonly inside: string }, args: { readonly identity: string; readonly buyerId: string }): Promise<"left" | "place_missing" | "place_elsewhere"> {
  return (await runScript(redis, roomLeaveScript, [keys.places, keys.waiting, keys.turns, keys.inside], [args.identity, args.buyerId])) as "left" | "place_missing" | "place_elsewhere";
}

const roomStandingScript = loadScript("room/standing-4.lua");
/** Says where an identity stands in the room. */
export async function roomStanding(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly turns: string; readonly inside: string }, args: { readonly identity: string; readonly buyerId: string; readonly nowMs: number }): Promise<[where: "waiting" | "turn" | "inside", number: number, mark: number, state: string] | ["place_missing"] | ["place_elsewhere"]> {
  return (await runScript(redis, roomStandingScript, [keys.settings, keys.places, keys.turns, keys.inside], [args.identity, args.buyerId, args.nowMs])) as [where: "waiting" | "turn" | "inside", number: number, mark: number, state: string] | ["place_missing"] | ["place_elsewhere"];
}

const roomStepScript = loadScript("room/step-7.lua");
/** Moves a room on by one step: ends turns and passes that are over, offers turns to the lowest numbers, moves the watermark, and publishes it all. Offered turns and live passes together never exceed the cap, whoever calls this however often: the free slots are counted in the same step that fills them. */
export async function roomStep(redis: Redis, keys: { readonly settings: string; readonly lease: string; readonly places: string; readonly waiting: string; readonly turns: string; readonly inside: string; readonly news: string }, args: { readonly driverId: string; readonly fence: number; readonly leaseMs: number; readonly nowMs: number; readonly flowMs: number; readonly turnsMost: number; readonly tickMs: number }): Promise<["stepped", state: string, offered: number, waiting: number, turns: number, inside: number] | ["fenced"] | ["room_missing"]> {
  return (await runScript(redis, roomStepScript, [keys.settings, keys.lease, keys.places, keys.waiting, keys.turns, keys.inside, keys.news], [args.driverId, args.fence, args.leaseMs, args.nowMs, args.flowMs, args.turnsMost, args.tickMs])) as ["stepped", state: string, offered: number, waiting: number, turns: number, inside: number] | ["fenced"] | ["room_missing"];
}

const roomTakeLeaseScript = loadScript("room/take-lease-2.lua");
/** Makes a process the room's driver, unless another one is. Each new owner gets a higher fencing number. The lease ends by Redis' own clock, so that drivers need not agree on the time. */
export async function roomTakeLease(redis: Redis, keys: { readonly settings: string; readonly lease: string }, args: { readonly driverId: string; readonly leaseMs: number }): Promise<["taken", number] | ["held"] | ["room_missing"]> {
  return (await runScript(redis, roomTakeLeaseScript, [keys.settings, keys.lease], [args.driverId, args.leaseMs])) as ["taken", number] | ["held"] | ["room_missing"];
}

const roomTakeTurnScript = loadScript("room/take-turn-4.lua");
/** Exchanges an offered turn for a pass, in one move: the slot is counted as offered or as inside, always once. Asked again while inside, it answers with the same end of the pass. */
export async function roomTakeTurn(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly turns: string; readonly inside: string }, args: { readonly identity: string; readonly buyerId: string; readonly nowMs: number }): Promise<["admitted", number] | ["turn_missing"] | ["place_missing"] | ["place_elsewhere"]> {
  return (await runScript(redis, roomTakeTurnScript, [keys.settings, keys.places, keys.turns, keys.inside], [args.identity, args.buyerId, args.nowMs])) as ["admitted", number] | ["turn_missing"] | ["place_missing"] | ["place_elsewhere"];
}

const seatsClaimScript = loadScript("seats/claim-5.lua");
/** Takes seats for bookings, one claim after the other, each all or nothing. A booking that has its hold already gets the same seats again, so a claim may be repeated. The work of a claim grows with the seats it takes and with the count of rows in bytes, not with the seats of the section. */
export async function seatsClaim(redis: Redis, keys: { readonly meta: string; readonly seats: string; readonly rows: string; readonly holds: string; readonly unpaid: string }, args: { readonly nowMs: number; readonly claims: string }): Promise<("section_missing" | (["held", string, number, 0 | 1, number] | ["sold_out", number] | ["seats_taken" | "seats_unknown", string] | ["idempotency_key_reused"])[])> {
  return (await runScript(redis, seatsClaimScript, [keys.meta, keys.seats, keys.rows, keys.holds, keys.unpaid], [args.nowMs, args.claims])) as ("section_missing" | (["held", string, number, 0 | 1, number] | ["sold_out", number] | ["seats_taken" | "seats_unknown", string] | ["idempotency_key_reused"])[]);
}

const seatsEndScript = loadScript("seats/end-6.lua");
/** Ends unpaid holds, or frees sold seats: `release` makes the seats free again and forgets the hold, `confirm` makes them sold. What is not there, or is so already, stays as it is, so that both may be repeated. */
export async function seatsEnd(redis: Redis, keys: { readonly meta: string; readonly seats: string; readonly rows: string; readonly holds: string; readonly unpaid: string; readonly ended: string }, args: { readonly action: string; readonly bookingIds: string }): Promise<number> {
  return (await runScript(redis, seatsEndScript, [keys.meta, keys.seats, keys.rows, keys.holds, keys.unpaid, keys.ended], [args.action, args.bookingIds])) as number;
}

const seatsLoadScript = loadScript("seats/load-6.lua");
/** Builds a section from what Postgres says, also over the one that is there. Fresh unpaid holds that Postgres does not know yet are kept where they do not collide: their bookings may be about to commit. What has ended since the caller began to read Postgres ends here too. Refused where that is not known any more, and where another has rebuilt the section since. */
export async function seatsLoad(redis: Redis, keys: { readonly meta: string; readonly seats: string; readonly rows: string; readonly holds: string; readonly unpaid: string; readonly ended: string }, args: { readonly nowMs: number; readonly keepMs: number; readonly ends: number; readonly section: string; readonly live: string }): Promise<["loaded", number] | ["moved"]> {
  return (await runScript(redis, seatsLoadScript, [keys.meta, keys.seats, keys.rows, keys.holds, keys.unpaid, keys.ended], [args.nowMs, args.keepMs, args.ends, args.section, args.live])) as ["loaded", number] | ["moved"];
}

const seatsSnapshotScript = loadScript("seats/snapshot-2.lua");
/** The state of every seat of a section with the version it belongs to. */
export async function seatsSnapshot(redis: Redis, keys: { readonly meta: string; readonly seats: string }): Promise<"section_missing" | [version: string, free: string, seats: string]> {
  return (await runScript(redis, seatsSnapshotScript, [keys.meta, keys.seats], [])) as "section_missing" | [version: string, free: string, seats: string];
}
