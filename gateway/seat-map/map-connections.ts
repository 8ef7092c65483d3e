import type { EventId } from "../../foundation/ids.ts";
import { type LiveByeReason, sectionsMessage } from "./live-messages.ts";
import { type CrowdDeps, joinView, leaveView, type MapCrowd, openMapCrowd } from "./map-crowd.ts";
import { endWatcher, tellWatcher, type Watcher } from "./watcher.ts";

export type MapConnections = {
  /** Whether the process, and this address, may have one more. */
  hasSpace(addressKey: string): boolean;
  /** Takes an opened connection in and tells it the versions from which it hears what changes. */
  welcome(watcher: Watcher): Promise<void>;
  forget(watcher: Watcher): void;
  sayByeToAll(reason: LiveByeReason): void;
  readonly count: () => number;
};

type Connections = CrowdDeps & {
  readonly crowds: Map<EventId, MapCrowd>;
  readonly byAddress: Map<string, number>;
  count: number;
};

export function createMapConnections(deps: CrowdDeps): MapConnections {
  const all: Connections = { ...deps, crowds: new Map(), byAddress: new Map(), count: 0 };
  const { watchers, watchersPerAddress } = deps.bounds;
  return {
    hasSpace: (addressKey) =>
      all.count < watchers && (all.byAddress.get(addressKey) ?? 0) < watchersPerAddress,
    welcome: (watcher) => welcome(all, watcher),
    forget: (watcher) => forget(all, watcher),
    sayByeToAll(reason) {
      for (const crowd of all.crowds.values()) for (const watcher of crowd.all) endWatcher(watcher, reason);
    },
    count: () => all.count,
  };
}

async function welcome(all: Connections, watcher: Watcher): Promise<void> {
  const { eventId, addressKey } = watcher;
  const crowd = all.crowds.get(eventId) ?? openMapCrowd(eventId, all.bounds);
  all.crowds.set(eventId, crowd);
  crowd.all.add(watcher);
  all.count += 1;
  all.byAddress.set(addressKey, (all.byAddress.get(addressKey) ?? 0) + 1);
  try {
    await follow(all, crowd, watcher);
  } catch (failure) {
    all.services.logger.warn({ err: failure, eventId }, "a connection to the seats could not be served");
    endWatcher(watcher, "unavailable");
  }
}

async function follow(all: Connections, crowd: MapCrowd, watcher: Watcher): Promise<void> {
  const event = await all.services.catalogue.find(watcher.eventId);
  const view = event && (await joinView(all, crowd, event, watcher));
  if (view === undefined) return endWatcher(watcher, "unavailable");
  const sections = view.watches.flatMap((watch) => {
    const picture = watch.picture();
    return picture === undefined ? [] : [{ id: watch.sectionId, version: picture.version }];
  });
  tellWatcher(watcher, sectionsMessage(sections));
}

function forget(all: Connections, watcher: Watcher): void {
  const crowd = all.crowds.get(watcher.eventId);
  if (crowd === undefined || !crowd.all.has(watcher)) return;
  leaveView(crowd, watcher);
  all.count -= 1;
  const left = (all.byAddress.get(watcher.addressKey) ?? 0) - 1;
  if (left > 0) all.byAddress.set(watcher.addressKey, left);
  else all.byAddress.delete(watcher.addressKey);
  if (crowd.all.size > 0) return;
  clearTimeout(crowd.timer);
  all.crowds.delete(crowd.eventId);
}
