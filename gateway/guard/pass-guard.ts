import type { EventId } from "../../foundation/ids.ts";
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

export type PassGuard = {
  /** Nothing where the pass lets this buyer book; from memory, but for the first pass of a room or after a loss. */
  problem(buyer: Buyer, pass: string | undefined, eventId: string): Promise<Refusal | undefined>;
};

export function createPassGuard({ services, bounds }: PassGuardParts): PassGuard {
  const readmitted = new Set<string>();

  async function stillCounts(watch: RoomWatch, claims: Pass): Promise<boolean> {
    const incarnation = watch.tick()?.incarnation ?? claims.incarnation;
    if (claims.incarnation >= incarnation) return true;
    const name = `${claims.eventId} ${claims.passNumber} ${incarnation}`;
    if (readmitted.has(name)) return true;
    const { outcome } = await services.rooms.readmit(claims.eventId, {
      ...claims,
      endsAtMs: claims.exp * 1_000,
    });
    if (outcome !== "readmitted") return false;
    if (readmitted.size >= readmittedMost) readmitted.clear();
    readmitted.add(name);
    return true;
  }

  return {
    async problem(buyer, pass, eventId) {
      if (pass === undefined) return { refusal: "pass_missing" };
      const claims =
        pass.length > bounds.http.headerValueChars ? undefined : services.tokens.verify("pass", pass);
      if (claims === undefined || !isFor(claims, buyer, eventId)) return { refusal: "pass_invalid" };
      const watch = await services.roomWatches.open(eventId as EventId);
      if (watch.isRevoked(claims.passNumber)) return { refusal: "pass_invalid" };
      return (await stillCounts(watch, claims)) ? undefined : { refusal: "pass_invalid" };
    },
  };
}

function isFor(claims: Pass, buyer: Buyer, eventId: string): boolean {
  const sameDevice = claims.cnf?.jkt === buyer.cnf?.jkt;
  const sameBuyer = claims.buyerId === buyer.buyerId && claims.identity === buyer.identity;
  return claims.eventId === eventId && sameBuyer && sameDevice;
}
