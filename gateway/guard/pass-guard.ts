import type { Verified } from "../../foundation/tokens.ts";
import type { RoomWatch } from "../../queue-admission/room-watch.ts";
import type { Bounds } from "../bounds.ts";
import type { Buyer, GatewayServices } from "../services.ts";
import type { Refusal } from "../wire/problem.ts";

type Pass = Verified<"pass">;

/** Passes that Redis was asked about once: to count them again, or that they are over. */
const rememberedMost = 100_000;

export type PassGuardParts = {
  readonly services: Pick<GatewayServices, "tokens" | "rooms" | "roomWatches">;
  readonly bounds: Pick<Bounds, "http">;
};

type Problem = Refusal | undefined;

export type PassGuard = {
  /**
   * Nothing where the pass lets this buyer book; from memory, but for the first pass of a room, after a loss, and the
   * first time that a revoked pass comes.
   */
  problem(buyer: Buyer, pass: string | undefined, eventId: string): Problem | Promise<Problem>;
};

const passInvalid: Refusal = { refusal: "pass_invalid" };

export function createPassGuard({ services, bounds }: PassGuardParts): PassGuard {
  const { tokens, rooms, roomWatches } = services;
  const readmitted = new Set<string>();
  const givenUp = new Set<string>();

  function problemIn(watch: RoomWatch, claims: Pass): Problem | Promise<Problem> {
    const incarnation = watch.tick()?.incarnation ?? claims.incarnation;
    if (watch.isRevoked(claims.passNumber)) return problemOfRevoked(claims, incarnation);
    return claims.incarnation >= incarnation ? undefined : problemOfEarlier(claims, incarnation);
  }

  /** Redis may have forgotten that this pass is over, and would give its buyer the same one again and again. */
  function problemOfRevoked(claims: Pass, incarnation: number): Problem | Promise<Problem> {
    const name = nameOf(claims, incarnation);
    if (givenUp.has(name)) return passInvalid;
    return rooms.leave(claims.eventId, claims, claims.passNumber).then(() => {
      remember(givenUp, name);
      return passInvalid;
    });
  }

  async function problemOfEarlier(claims: Pass, incarnation: number): Promise<Problem> {
    const name = nameOf(claims, incarnation);
    if (readmitted.has(name)) return undefined;
    const { outcome } = await rooms.readmit(claims.eventId, { ...claims, endsAtMs: claims.exp * 1_000 });
    if (outcome !== "readmitted") return passInvalid;
    remember(readmitted, name);
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

const nameOf = ({ eventId, passNumber }: Pass, incarnation: number) =>
  `${eventId} ${passNumber} ${incarnation}`;

function remember(names: Set<string>, name: string): void {
  if (names.size >= rememberedMost) names.clear();
  names.add(name);
}

function isFor(claims: Pass, buyer: Buyer, eventId: string): boolean {
  const sameDevice = claims.cnf?.jkt === buyer.cnf?.jkt;
  const sameBuyer = claims.buyerId === buyer.buyerId && claims.identity === buyer.identity;
  return claims.eventId === eventId && sameBuyer && sameDevice;
}
