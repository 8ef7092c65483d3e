import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { SectionWatch } from "../../booking-core/seats/followed-section.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import { type GatheredChanges, gatherChanges } from "./gathered-changes.ts";
import { watchSections } from "./watch-sections.ts";
import { tellStream, type Watcher } from "./watcher.ts";

/** The connections to one event's seats in this process, from the first that opens until the last has closed. */
export type MapCrowd = {
  readonly eventId: EventId;
  readonly all: Set<Watcher>;
  /** By what is chosen: whoever chose the same hears the same message. */
  readonly views: Map<string, MapView>;
  /** Those of any view. */
  readonly followed: Map<SectionId, Followed>;
  readonly gathered: GatheredChanges;
  /** Runs while something waits to be told. */
  timer: NodeJS.Timeout | undefined;
};

export type MapView = {
  readonly key: string;
  readonly topic: string;
  /** Nothing for all of the event. */
  readonly chosen: ReadonlySet<SectionId> | undefined;
  readonly watchers: Set<Watcher>;
  /** Those of them without a WebSocket: what is published to a topic does not reach them. */
  readonly streams: Set<Watcher>;
  watches: readonly SectionWatch[];
};

/** `views`: how many follow it. */
type Followed = { views: number; readonly end: () => void };

export type CrowdDeps = {
  readonly services: Pick<GatewayServices, "sectionWatches" | "catalogue" | "logger">;
  readonly bounds: Bounds["seatMap"];
  /** Tells all sockets of a topic at once. */
  readonly publish: (topic: string, text: string) => void;
};

export function openMapCrowd(eventId: EventId, bounds: Bounds["seatMap"]): MapCrowd {
  return {
    eventId,
    all: new Set(),
    views: new Map(),
    followed: new Map(),
    gathered: gatherChanges(bounds.seatsPerChange),
    timer: undefined,
  };
}

/** What the watcher chose, followed from now on; nothing where one section more would be too many. */
export async function joinView(
  deps: CrowdDeps,
  crowd: MapCrowd,
  event: OnsaleEvent,
  watcher: Watcher,
): Promise<MapView | undefined> {
  const watches = await watchSections(deps.services, event, watcher.sectionIds);
  // While the last of them was opened, the first may have had to give way.
  if (watches?.every((watch) => watch.isOpen()) !== true || !watcher.open) return undefined;
  const key = watcher.sectionIds?.join() ?? "";
  const view = crowd.views.get(key) ?? openView(deps, crowd, key, watcher, watches);
  view.watchers.add(watcher);
  if (watcher.stream !== undefined) view.streams.add(watcher);
  watcher.socket?.subscribe(view.topic);
  return view;
}

let viewsOpened = 0;

function openView(
  deps: CrowdDeps,
  crowd: MapCrowd,
  key: string,
  { sectionIds }: Watcher,
  watches: readonly SectionWatch[],
): MapView {
  viewsOpened += 1;
  const view: MapView = {
    key,
    topic: `seats ${crowd.eventId} ${viewsOpened}`,
    chosen: sectionIds && new Set(sectionIds),
    watchers: new Set(),
    streams: new Set(),
    watches,
  };
  crowd.views.set(key, view);
  for (const watch of watches) follow(deps, crowd, watch);
  return view;
}

function follow(deps: CrowdDeps, crowd: MapCrowd, watch: SectionWatch): void {
  const known = crowd.followed.get(watch.sectionId);
  if (known !== undefined) {
    known.views += 1;
    return;
  }
  const end = watch.listen((change) => {
    crowd.gathered.add(change);
    crowd.timer ??= setTimeout(tellGathered, deps.bounds.windowMs, deps, crowd);
  });
  crowd.followed.set(watch.sectionId, { views: 1, end });
}

export function leaveView(crowd: MapCrowd, watcher: Watcher): void {
  crowd.all.delete(watcher);
  const view = crowd.views.get(watcher.sectionIds?.join() ?? "");
  if (view === undefined || !view.watchers.delete(watcher)) return;
  view.streams.delete(watcher);
  if (view.watchers.size > 0) return;
  crowd.views.delete(view.key);
  for (const { sectionId } of view.watches) unfollow(crowd, sectionId);
}

function unfollow(crowd: MapCrowd, sectionId: SectionId): void {
  const followed = crowd.followed.get(sectionId);
  if (followed === undefined) return;
  followed.views -= 1;
  if (followed.views > 0) return;
  followed.end();
  crowd.followed.delete(sectionId);
}

/** One message for each view, however many look at it. */
function tellGathered(deps: CrowdDeps, crowd: MapCrowd): void {
  const { bounds } = deps;
  const changes = crowd.gathered.take(bounds.messageBytes);
  for (const view of crowd.views.values()) tellView(deps, view, changes);
  crowd.timer = crowd.gathered.isEmpty() ? undefined : setTimeout(tellGathered, bounds.windowMs, deps, crowd);
}

function tellView(
  { bounds, publish }: CrowdDeps,
  { chosen, topic, watchers, streams }: MapView,
  changes: ReadonlyMap<SectionId, string>,
): void {
  const texts = chosen === undefined ? [...changes.values()] : chosenOf(chosen, changes);
  if (texts.length === 0) return;
  const text = `{"type":"seats","changes":[${texts.join()}]}`;
  if (watchers.size > streams.size) publish(topic, text);
  for (const watcher of streams) tellStream(watcher, text, bounds.streamBacklog);
}

function chosenOf(chosen: ReadonlySet<SectionId>, changes: ReadonlyMap<SectionId, string>): string[] {
  const texts: string[] = [];
  for (const [sectionId, text] of changes) if (chosen.has(sectionId)) texts.push(text);
  return texts;
}
