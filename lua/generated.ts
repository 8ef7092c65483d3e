// Written by lua/generate.ts from the headers of the scripts. Do not edit: npm run check -- --fix
import type { Redis } from "../foundation/redis/connect.ts";
import { loadScript, runScript } from "./run-script.ts";

const eventsPublishVersionsScript = loadScript("events/publish-versions-1.lua");
/** Tells every process which versions of events are in Redis now. An older version never overwrites a newer one. */
export function eventsPublishVersions(redis: Redis, keys: { readonly index: string }, args: { readonly entries: string; readonly revision: string; readonly whole: number }): Promise<0 | 1> {
  return runScript(redis, eventsPublishVersionsScript, [keys.index], [args.entries, args.revision, args.whole]) as Promise<0 | 1>;
}

const roomConfigureScript = loadScript("room/configure-2.lua");
/** Sets how a room runs. The places, turns and passes of a running room stay as they are. A room that Redis does not know is made: new, or, where its numbers were given before, behind the last number that can have been given. */
export function roomConfigure(redis: Redis, keys: { readonly settings: string; readonly codes: string }, args: { readonly room: string; readonly marks: string; readonly incarnation: number; readonly reserved: number; readonly drawState: string; readonly newCodes: string; readonly mustBeThere: number; readonly nowMs: number }): Promise<"configured" | "made" | "room_missing"> {
  return runScript(redis, roomConfigureScript, [keys.settings, keys.codes], [args.room, args.marks, args.incarnation, args.reserved, args.drawState, args.newCodes, args.mustBeThere, args.nowMs]) as Promise<"configured" | "made" | "room_missing">;
}

const roomFinishDrawScript = loadScript("room/finish-draw-8.lua");
/** Opens a room whose draw is done and kept: from now on everybody who was drawn has a number. Before that, whoever came back while the line was written gets the drawn slot too. For the grace of the absent nobody is stepped over: the gateways have to learn the numbers of all who are here first. */
export function roomFinishDraw(redis: Redis, keys: { readonly settings: string; readonly lease: string; readonly places: string; readonly line: string; readonly drawn: string; readonly back: string; readonly returned: string; readonly news: string }, args: { readonly driverId: string; readonly fence: number; readonly incarnation: number; readonly entrants: string; readonly carried: number; readonly most: number }): Promise<["drawn"] | ["restored", carried: number] | ["forgotten"] | ["fenced"]> {
  return runScript(redis, roomFinishDrawScript, [keys.settings, keys.lease, keys.places, keys.line, keys.drawn, keys.back, keys.returned, keys.news], [args.driverId, args.fence, args.incarnation, args.entrants, args.carried, args.most]) as Promise<["drawn"] | ["restored", carried: number] | ["forgotten"] | ["fenced"]>;
}

const roomHandBackLeaseScript = loadScript("room/hand-back-lease-1.lua");
/** Ends a driver's lease early, so that the next driver need not wait for its end. */
export function roomHandBackLease(redis: Redis, keys: { readonly lease: string }, args: { readonly driverId: string }): Promise<0 | 1> {
  return runScript(redis, roomHandBackLeaseScript, [keys.lease], [args.driverId]) as Promise<0 | 1>;
}

const roomLeaveScript = loadScript("room/leave-8.lua");
/** Gives up a place with its turn or pass; the slot is free at once, and the pass is worth nothing any more. Asked again, nothing is left to do. A caller who knows that a pass was given up before, which Redis has forgotten, names the pass: whatever came after it stays. */
export function roomLeave(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly back: string; readonly turns: string; readonly inside: string; readonly passes: string; readonly revoked: string; readonly news: string }, args: { readonly identity: string; readonly onlyPass: number }): Promise<"left" | "place_missing"> {
  return runScript(redis, roomLeaveScript, [keys.settings, keys.places, keys.back, keys.turns, keys.inside, keys.passes, keys.revoked, keys.news], [args.identity, args.onlyPass]) as Promise<"left" | "place_missing">;
}

const roomReadmitScript = loadScript("room/readmit-10.lua");
/** Counts a pass again that was given before Redis forgot something, if it still has a slot: the sum of turns and passes never exceeds the cap. Its place is used up with it: the receipt is worth nothing any more. */
export function roomReadmit(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly line: string; readonly drawn: string; readonly back: string; readonly turns: string; readonly inside: string; readonly passes: string; readonly revoked: string; readonly returned: string }, args: { readonly identity: string; readonly passNumber: number; readonly endsAtMs: number; readonly laneName: string; readonly entry: number; readonly joinedAt: number; readonly nowMs: number }): Promise<"readmitted" | "full" | "pass_over" | "room_missing"> {
  return runScript(redis, roomReadmitScript, [keys.settings, keys.places, keys.line, keys.drawn, keys.back, keys.turns, keys.inside, keys.passes, keys.revoked, keys.returned], [args.identity, args.passNumber, args.endsAtMs, args.laneName, args.entry, args.joinedAt, args.nowMs]) as Promise<"readmitted" | "full" | "pass_over" | "room_missing">;
}

const roomRenewPassScript = loadScript("room/renew-pass-4.lua");
/** Makes a pass last longer, as often as the room allows: a whole length of a pass from now on. */
export function roomRenewPass(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly inside: string; readonly passes: string }, args: { readonly identity: string; readonly nowMs: number }): Promise<["renewed", endsAtMs: number, passNumber: number, renewals: number, incarnation: number, place: string, laneNames: string] | ["renewals_used"] | ["pass_missing"]> {
  return runScript(redis, roomRenewPassScript, [keys.settings, keys.places, keys.inside, keys.passes], [args.identity, args.nowMs]) as Promise<["renewed", endsAtMs: number, passNumber: number, renewals: number, incarnation: number, place: string, laneNames: string] | ["renewals_used"] | ["pass_missing"]>;
}

const roomRestoreScript = loadScript("room/restore-6.lua");
/** Gives a place back that Redis has forgotten, with its number, to whoever has its receipt; once. A place that was left or used up is not forgotten, and its receipt is worth nothing. */
export function roomRestore(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly line: string; readonly drawn: string; readonly back: string; readonly returned: string }, args: { readonly identity: string; readonly laneName: string; readonly entry: number; readonly joinedAt: number; readonly incarnation: number; readonly nowMs: number }): Promise<"restored" | "known" | "receipt_spent" | "receipt_wrong" | "room_missing"> {
  return runScript(redis, roomRestoreScript, [keys.settings, keys.places, keys.line, keys.drawn, keys.back, keys.returned], [args.identity, args.laneName, args.entry, args.joinedAt, args.incarnation, args.nowMs]) as Promise<"restored" | "known" | "receipt_spent" | "receipt_wrong" | "room_missing">;
}

const roomStepScript = loadScript("room/step-13.lua");
/** Moves a room on by one step: ends turns and passes that are over, offers turns to the lowest numbers that are here, moves the watermarks, and publishes it all. Offered turns and live passes together never exceed the cap, whoever calls this however often: the free slots are counted in the same step that fills them. */
export function roomStep(redis: Redis, keys: { readonly settings: string; readonly lease: string; readonly places: string; readonly line: string; readonly drawn: string; readonly back: string; readonly turns: string; readonly inside: string; readonly passes: string; readonly revoked: string; readonly reports: string; readonly proofs: string; readonly news: string }, args: { readonly driverId: string; readonly fence: number; readonly leaseMs: number; readonly nowMs: number; readonly flowMs: number; readonly turnsMost: number; readonly scanMost: number; readonly tickMs: number; readonly ratePerMinute: number; readonly freeSeats: number; readonly soldOut: number; readonly reserve: string; readonly about: string; readonly skewMost: number }): Promise<["stepped", state: string, waits: number[], waiting: number, turns: number, inside: number, present: number, lanes: string, drawState: string, incarnation: number, reports: string[], joined: number] | ["fenced"] | ["clock_wrong"] | ["room_missing"]> {
  return runScript(redis, roomStepScript, [keys.settings, keys.lease, keys.places, keys.line, keys.drawn, keys.back, keys.turns, keys.inside, keys.passes, keys.revoked, keys.reports, keys.proofs, keys.news], [args.driverId, args.fence, args.leaseMs, args.nowMs, args.flowMs, args.turnsMost, args.scanMost, args.tickMs, args.ratePerMinute, args.freeSeats, args.soldOut, args.reserve, args.about, args.skewMost]) as Promise<["stepped", state: string, waits: number[], waiting: number, turns: number, inside: number, present: number, lanes: string, drawState: string, incarnation: number, reports: string[], joined: number] | ["fenced"] | ["clock_wrong"] | ["room_missing"]>;
}

const roomTakeLeaseScript = loadScript("room/take-lease-2.lua");
/** Makes a process the room's driver, unless another one is. Each new owner gets a higher fencing number. The lease ends by Redis' own clock, so that drivers need not agree on the time. */
export function roomTakeLease(redis: Redis, keys: { readonly settings: string; readonly lease: string }, args: { readonly driverId: string; readonly leaseMs: number }): Promise<["taken", number] | ["held"] | ["room_missing"]> {
  return runScript(redis, roomTakeLeaseScript, [keys.settings, keys.lease], [args.driverId, args.leaseMs]) as Promise<["taken", number] | ["held"] | ["room_missing"]>;
}

const roomTakeTurnScript = loadScript("room/take-turn-5.lua");
/** Exchanges an offered turn for a pass, in one move: the slot is counted as offered or as inside, always once. Asked again while inside, it answers with the same pass. */
export function roomTakeTurn(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly turns: string; readonly inside: string; readonly passes: string }, args: { readonly identity: string; readonly nowMs: number }): Promise<["admitted", endsAtMs: number, passNumber: number, renewals: number, incarnation: number, place: string, laneNames: string] | ["turn_missing"] | ["place_missing"]> {
  return runScript(redis, roomTakeTurnScript, [keys.settings, keys.places, keys.turns, keys.inside, keys.passes], [args.identity, args.nowMs]) as Promise<["admitted", endsAtMs: number, passNumber: number, renewals: number, incarnation: number, place: string, laneNames: string] | ["turn_missing"] | ["place_missing"]>;
}

const roomVisitScript = loadScript("room/visit-10.lua");
/** Says where identities stand, and gives a place to those who join and have none. An identity has one place, in any state of the room; a place whose pass is over is gone. Whoever was stepped over while away and asks is next. */
export function roomVisit(redis: Redis, keys: { readonly settings: string; readonly places: string; readonly line: string; readonly drawn: string; readonly back: string; readonly turns: string; readonly inside: string; readonly passes: string; readonly codes: string; readonly proofs: string }, args: { readonly visits: string; readonly nowMs: number }): Promise<["room", state: string, incarnation: number, laneNames: string, lanes: string, commitment: string, answers: (readonly [where: "lobby" | "waiting" | "lapsed" | "turn" | "inside", lane: number, entry: number, number: number, endsAtMs: number, joinedAt: number, fresh: 0 | 1] | readonly [refusal: "missing" | "closed" | "busy" | "code_wrong" | "code_spent" | "proof_spent"])[]] | ["room_missing"]> {
  return runScript(redis, roomVisitScript, [keys.settings, keys.places, keys.line, keys.drawn, keys.back, keys.turns, keys.inside, keys.passes, keys.codes, keys.proofs], [args.visits, args.nowMs]) as Promise<["room", state: string, incarnation: number, laneNames: string, lanes: string, commitment: string, answers: (readonly [where: "lobby" | "waiting" | "lapsed" | "turn" | "inside", lane: number, entry: number, number: number, endsAtMs: number, joinedAt: number, fresh: 0 | 1] | readonly [refusal: "missing" | "closed" | "busy" | "code_wrong" | "code_spent" | "proof_spent"])[]] | ["room_missing"]>;
}

const seatsClaimScript = loadScript("seats/claim-7.lua");
/** Takes seats for bookings, one claim after the other, each all or nothing. A booking that has its hold already gets the same seats again, so a claim may be repeated; the time of an unpaid hold is made later then, and both have it: it is free when neither wants it. The work of a claim grows with the seats it takes, not with the section nor with what is sold of it. */
export function seatsClaim(redis: Redis, keys: { readonly meta: string; readonly seats: string; readonly blocks: string; readonly holds: string; readonly unpaid: string; readonly sharers: string; readonly news: string }, args: { readonly nowMs: string; readonly claims: string }): Promise<"section_missing" | [...codesAndDetails: ("held" | "known" | "sold_out" | "seats_taken" | "seats_unknown" | "leaves_single" | "idempotency_key_reused" | (string & {}))[]]> {
  return runScript(redis, seatsClaimScript, [keys.meta, keys.seats, keys.blocks, keys.holds, keys.unpaid, keys.sharers, keys.news], [args.nowMs, args.claims]) as Promise<"section_missing" | [...codesAndDetails: ("held" | "known" | "sold_out" | "seats_taken" | "seats_unknown" | "leaves_single" | "idempotency_key_reused" | (string & {}))[]]>;
}

const seatsEndScript = loadScript("seats/end-8.lua");
/** Ends holds: `release` makes their seats free again and forgets them, `confirm` makes them sold, `shrink` gives some of their places back. `leave` is said by one of those who were given a hold: the last of them frees it; `undo` frees it unless it was given to somebody since. What is not there, or is so already, stays as it is, so that all may be repeated. */
export function seatsEnd(redis: Redis, keys: { readonly meta: string; readonly seats: string; readonly blocks: string; readonly holds: string; readonly unpaid: string; readonly sharers: string; readonly ended: string; readonly news: string }, args: { readonly ends: string }): Promise<number> {
  return runScript(redis, seatsEndScript, [keys.meta, keys.seats, keys.blocks, keys.holds, keys.unpaid, keys.sharers, keys.ended, keys.news], [args.ends]) as Promise<number>;
}

const seatsLoadScript = loadScript("seats/load-7.lua");
/** Builds a section from what Postgres says, also over the one that is there. Fresh unpaid holds that Postgres does not know yet are kept where they do not collide: their bookings may be about to commit. What has ended since the caller began to read Postgres ends here too. Refused where that is not known any more, and where another has rebuilt the section since. */
export function seatsLoad(redis: Redis, keys: { readonly meta: string; readonly seats: string; readonly blocks: string; readonly holds: string; readonly unpaid: string; readonly ended: string; readonly news: string }, args: { readonly nowMs: number; readonly keepMs: number; readonly ends: number; readonly section: string; readonly live: string }): Promise<["loaded", number] | ["moved"]> {
  return runScript(redis, seatsLoadScript, [keys.meta, keys.seats, keys.blocks, keys.holds, keys.unpaid, keys.ended, keys.news], [args.nowMs, args.keepMs, args.ends, args.section, args.live]) as Promise<["loaded", number] | ["moved"]>;
}

const seatsMarkScript = loadScript("seats/mark-5.lua");
/** Says what seats are for. Free seats change at once; who holds or has bought a seat keeps it. */
export function seatsMark(redis: Redis, keys: { readonly meta: string; readonly seats: string; readonly blocks: string; readonly ended: string; readonly news: string }, args: { readonly marks: string }): Promise<"marked" | "section_missing" | "seats_unknown"> {
  return runScript(redis, seatsMarkScript, [keys.meta, keys.seats, keys.blocks, keys.ended, keys.news], [args.marks]) as Promise<"marked" | "section_missing" | "seats_unknown">;
}

const seatsSnapshotScript = loadScript("seats/snapshot-2.lua");
/** The byte of every seat of a section with the version it belongs to. */
export function seatsSnapshot(redis: Redis, keys: { readonly meta: string; readonly seats: string }): Promise<"section_missing" | [version: string, epoch: string, free: string, held: string, seats: string]> {
  return runScript(redis, seatsSnapshotScript, [keys.meta, keys.seats], []) as Promise<"section_missing" | [version: string, epoch: string, free: string, held: string, seats: string]>;
}
