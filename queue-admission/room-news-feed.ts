import type { EventId } from "../foundation/ids.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import type { ShardedChannels } from "../foundation/redis/sharded-channels.ts";
import type { RoomNews } from "./room.ts";
import { parseRoomNews } from "./room-news.ts";

export type RoomNewsListener = (news: RoomNews) => void;

export type RoomNewsFeed = {
  /** Hears the room's news from now on; the function that comes back ends it. One subscription an event serves all. */
  watch(eventId: EventId, listener: RoomNewsListener): Promise<() => Promise<void>>;
};

export function createRoomNewsFeed(channels: ShardedChannels): RoomNewsFeed {
  return {
    watch: (eventId, listener) =>
      channels.listen(roomKeys(eventId).news, (message) => {
        const news = parseRoomNews(message);
        if (news !== undefined) listener(news);
      }),
  };
}
