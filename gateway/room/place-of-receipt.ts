import type { EventId } from "../../foundation/ids.ts";
import type { KnownPlace } from "../../queue-admission/known-standing.ts";
import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";

type Parts = { readonly services: Pick<GatewayServices, "tokens">; readonly bounds: Pick<Bounds, "http"> };

/** A receipt of somebody else, of another event or of the lobby says nothing here; Redis is asked then. */
export function placeOfReceipt(
  { services, bounds }: Parts,
  receipt: string | undefined,
  eventId: EventId,
  identity: string,
): KnownPlace | undefined {
  if (receipt === undefined || receipt.length > bounds.http.headerValueChars) return undefined;
  const claims = services.tokens.verify("receipt", receipt);
  if (claims?.number === undefined || claims.identity !== identity || claims.eventId !== eventId)
    return undefined;
  return { lane: claims.lane, number: claims.number, incarnation: claims.incarnation };
}
