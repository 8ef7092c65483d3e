import { type EventId, isUuid, type SectionId } from "../../foundation/ids.ts";
import { addressKey } from "../guard/address-key.ts";
import { originProblem } from "../http/origin.ts";
import type { Runtime } from "../runtime.ts";
import type { Refusal } from "../wire/problem.ts";
import type { WatcherOf } from "./watcher.ts";

/** What a client brings that wants to hear how an event's seats change. */
export type LiveRequest = {
  readonly eventId: string;
  /** `sections` of the query, by comma. */
  readonly chosen: string | undefined;
  readonly origin: string;
  readonly address: string;
};

/** What can be refused is refused here, before there is a connection to keep; whether there is space is asked last. */
export async function admitToLive(runtime: Runtime, request: LiveRequest): Promise<WatcherOf | Refusal> {
  const { services, guards, bounds } = runtime;
  const refusal = originProblem(request.origin, runtime.publicUrl) ?? guards.take("maps", request.address);
  if (refusal !== undefined) return refusal;
  if (!isUuid(request.eventId)) return { refusal: "not_found" };
  const event = await services.catalogue.find(request.eventId as EventId);
  if (event === undefined) return { refusal: "not_found" };
  const chosen = new Set(request.chosen?.split(","));
  if (chosen.size > bounds.seatMap.sectionsChosen) return invalid(`at most ${bounds.seatMap.sectionsChosen}`);
  // The catalogue's strings, which all connections share, and its order: the same choice is the same view.
  const sectionIds = event.sections.flatMap(({ id }) => (chosen.has(id) ? [id] : []));
  if (sectionIds.length < chosen.size) return invalid("ids of sections of the event, by comma");
  return { eventId: event.id, addressKey: addressKey(request.address), sectionIds: chosenOf(sectionIds) };
}

const chosenOf = (ids: readonly SectionId[]) => (ids.length === 0 ? undefined : ids);

function invalid(message: string): Refusal {
  return { refusal: "invalid_request", problems: [{ path: "sections", message }] };
}
