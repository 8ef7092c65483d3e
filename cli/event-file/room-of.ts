import { problemsOf } from "../../gateway/wire/problem.ts";
import { wireNames, withChanges } from "../../gateway/wire/room.ts";
import { timeView } from "../../gateway/wire/time.ts";
import { defaultRoom, type RoomSettings, roomSettingsSchema } from "../../queue-admission/room-settings.ts";
import type { EventFile } from "./event-file.ts";
import type { Tell } from "./problem.ts";

/** Who comes early has so long to get into the lobby, where nothing else is said. */
const lobbyMs = 15 * 60_000;

/** What is not said is usual; it opens when the first sale begins. */
export function roomOf(given: EventFile["room"], firstSaleMs: number, tell: Tell): RoomSettings {
  const opensAt = given.opensAt ?? timeView(firstSaleMs);
  const lobbyAt = given.lobbyAt ?? timeView(Math.max(0, Date.parse(opensAt) - lobbyMs));
  const parsed = roomSettingsSchema.safeParse(withChanges(defaultRoom, { ...given, opensAt, lobbyAt }));
  if (parsed.success) return parsed.data;
  for (const { path, message } of problemsOf(parsed.error)) {
    const [name = "", ...rest] = path.split(".");
    tell(["room", wireNames[name] ?? name, ...rest], message);
  }
  return defaultRoom;
}
