import type { Redis } from "./connect.ts";

export type ChannelListener = (message: string) => void;

export type ShardedChannels = {
  /** Hears the channel from when this resolves; the function that comes back ends it. */
  listen(channel: string, listener: ChannelListener, expects?: Expected): Promise<() => Promise<void>>;
  /** Subscribes anew: for who knows that a message did not arrive. */
  renew(channel: string): Promise<void>;
};

/** `news` where silence is a sign of trouble, `silence` where it is not and the listener looks after itself. */
export type Expected = "news" | "silence";

type Channel = {
  readonly name: string;
  readonly listeners: Set<ChannelListener>;
  readonly expects: Expected;
  subscribed: boolean;
  /** Whether a message came since the guard last looked. */
  heard: boolean;
  /** Changes of the subscription run one after the other. */
  work: Promise<void>;
};

/** Past it a process refuses a listener rather than hear everything. */
const channelsMost = 10_000;

/**
 * ioredis subscribes again by itself when a node is lost, but drops the attempt without a word where the new
 * master does not serve the slot yet. A channel that was silent for this long is therefore subscribed anew.
 */
const silenceMs = 2_000;

/** Sharded pub/sub with one subscription a channel and process, however many listen. */
export function createShardedChannels(redis: Redis): ShardedChannels {
  const channels = new Map<string, Channel>();
  const guard = createGuard(redis, channels);
  redis.on("smessage", (name: string, message: string) => hear(channels.get(name), message));

  async function close(channel: Channel, listener: ChannelListener): Promise<void> {
    channel.listeners.delete(listener);
    // Where Redis cannot be told, a message of a channel that nobody has is dropped by `hear`.
    await settle(redis, channel).catch(() => undefined);
    // Where two end at once, somebody may have opened the channel again between them.
    if (channel.listeners.size === 0 && channels.get(channel.name) === channel) channels.delete(channel.name);
    guard.runWhile(channels.size > 0);
  }

  return {
    async listen(name, listener, expects = "news") {
      const channel = channels.get(name) ?? openChannel(channels, name, expects);
      guard.runWhile(true);
      // A function of its own for each call: the same listener may be given twice.
      const own: ChannelListener = (message) => listener(message);
      channel.listeners.add(own);
      try {
        await settle(redis, channel);
      } catch (error) {
        await close(channel, own);
        throw error;
      }
      return () => close(channel, own);
    },
    async renew(name) {
      const channel = channels.get(name);
      if (channel === undefined) return;
      channel.subscribed = false;
      await settle(redis, channel);
    },
  };
}

function openChannel(channels: Map<string, Channel>, name: string, expects: Expected): Channel {
  if (channels.size >= channelsMost) throw new Error(`more than ${channelsMost} channels are listened to`);
  const channel: Channel = {
    name,
    listeners: new Set(),
    expects,
    subscribed: false,
    heard: true,
    work: Promise.resolve(),
  };
  channels.set(name, channel);
  return channel;
}

function hear(channel: Channel | undefined, message: string): void {
  if (channel === undefined) return;
  channel.heard = true;
  for (const listener of channel.listeners) listener(message);
}

function createGuard(redis: Redis, channels: ReadonlyMap<string, Channel>) {
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    for (const channel of channels.values()) {
      if (!channel.heard && channel.expects === "news") channel.subscribed = false;
      channel.heard = false;
      // What fails now is tried again at the next look.
      settle(redis, channel).catch(() => undefined);
    }
  }

  return {
    runWhile(wanted: boolean): void {
      if (wanted) timer ??= setInterval(look, silenceMs).unref();
      if (wanted) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

function settle(redis: Redis, channel: Channel): Promise<void> {
  channel.work = channel.work.catch(() => undefined).then(() => bringToWanted(redis, channel));
  return channel.work;
}

async function bringToWanted(redis: Redis, channel: Channel): Promise<void> {
  const wanted = channel.listeners.size > 0;
  if (wanted === channel.subscribed) return;
  channel.subscribed = false;
  // Also before subscribing anew: ioredis keeps a list of channels that would grow with each repetition.
  await redis.sunsubscribe(channel.name);
  if (!wanted) return;
  await redis.ssubscribe(channel.name);
  channel.subscribed = true;
}
