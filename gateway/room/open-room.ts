import { type EventId, isUuid } from "../../foundation/ids.ts";
import { authenticateBuyer } from "../http/authenticate.ts";
import { originProblem } from "../http/origin.ts";
import type { Runtime } from "../runtime.ts";
import type { Refusal } from "../wire/problem.ts";
import { placeOfReceipt } from "./place-of-receipt.ts";
import type { WaiterOf } from "./waiter.ts";

/** What a client brings that wants to hear how the room goes on. */
export type OpenRequest = {
  readonly eventId: string;
  readonly authorization: string | undefined;
  readonly receipt: string | undefined;
  readonly deviceProof: string | undefined;
  readonly origin: string;
  readonly address: string;
  readonly path: string;
};

/** Everything that can be refused is refused here, before there is a connection to keep. */
export async function admitToRoom(runtime: Runtime, request: OpenRequest): Promise<WaiterOf | Refusal> {
  const { services, connections } = runtime;
  const refusal = originProblem(request.origin, runtime.publicUrl);
  if (refusal !== undefined) return refusal;
  const known = authenticateBuyer(runtime, {
    authorization: request.authorization,
    deviceProof: request.deviceProof,
    method: "GET",
    path: request.path,
  });
  // Whoever has a token is counted by buyer: many can come back at once from one address.
  if ("refusal" in known) return runtime.guards.take("strangers", request.address) ?? known;
  if (!isUuid(request.eventId)) return { refusal: "not_found" };
  const event = await services.catalogue.find(request.eventId as EventId);
  if (event === undefined) return { refusal: "not_found" };
  // The catalogue's string, which all connections share, not the request's own.
  const eventId = event.id;
  const { identity, buyerId, cnf } = known.buyer;
  if (!connections.hasSpace(eventId, buyerId))
    return { refusal: "busy", detail: "There are too many connections." };
  const receipt = placeOfReceipt(runtime, request.receipt, eventId, identity);
  return { eventId, identity, buyerId, jkt: cnf?.jkt, receipt };
}
