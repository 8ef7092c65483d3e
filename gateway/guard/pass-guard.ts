import type { Verified } from "../../foundation/tokens.ts";
import type { RoomWatch } from "../../queue-admission/room-watch.ts";
import type { Bounds } from "../bounds.ts";
import type { Buyer, GatewayServices } from "../services.ts";
import type { Refusal } from "../wire/problem.ts";

type Pass = Verified<"pass">;

/** Passes from before Redis lost something, that were counted again; a pass is asked about once. */
const readmittedMost = 100_000;

export type PassGuardParts = {
  readonly services: Pick<GatewayServices, "tokens" | "rooms" | "roomWatches">;
  readonly bounds: Pick<Bounds, "http">;
};

type Problem = Refusal | undefined;

export type PassGuard = {
  /** Nothing where the pass lets this buyer book; from memory, but for the first pass of a room or after a loss. */
  problem(buyer: Buyer, pass: string | undefined, eventId: string): Problem | Promise<Problem>;
};

const passInvalid: Refusal = { refusal: "pass_invalid" };

export function createPassGuard({ services, bounds }: PassGuardParts): PassGuard {
  const { tokens, rooms, roomWatches } = services;
  const readmitted = new Set<string>();

  function problemIn(watch: RoomWatch, claims: Pass): Problem | Promise<Problem> {
    if (watch.isRevoked(claims.passNumber)) return passInvalid;
    const incarnation = watch.tick()?.incarnation ?? claims.incarnation;
    return claims.incarnation >= incarnation ? undefined : problemOfEarlier(claims, incarnation);
  }

  async function problemOfEarlier(claims: Pass, incarnation: number): Promise<Problem> {
    const name = `${claims.eventId} ${claims.passNumber} ${incarnation}`;
    if (readmitted.has(name)) return undefined;
    const { outcome } = await rooms.readmit(claims.eventId, { ...claims, endsAtMs: claims.exp * 1_000 });
    if (outcome !== "readmitted") return passInvalid;
    if (readmitted.size >= readmittedMost) readmitted.clear();
    readmitted.add(name);
    return undefined;
  }

  return {
    problem(buyer, pass, eventId) {
      if (pass === undefined) return { refusal: "pass_missing" };
      const claims = pass.length > bounds.http.headerValueChars ? undefined : tokens.verify("pass", pass);
      if (claims === undefined || !isFor(claims, buyer, eventId)) return passInvalid;
      const watch = roomWatches.opened(claims.eventId);
      if (watch !== undefined) return problemIn(watch, claims);
      return roomWatches.open(claims.eventId).then((late) => problemIn(late, claims));
    },
  };
}

function isFor(claims: Pass, buyer: Buyer, eventId: string): boolean {
  const sameDevice = claims.cnf?.jkt === buyer.cnf?.jkt;
  const sameBuyer = claims.buyerId === buyer.buyerId && claims.identity === buyer.identity;
  return claims.eventId === eventId && sameBuyer && sameDevice;
}
