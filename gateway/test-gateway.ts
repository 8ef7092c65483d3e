import { onTestFinished } from "vitest";
import type { BookingChange } from "../booking-core/bookings/booking.ts";
import type { RoomNews, RoomTick } from "../queue-admission/room.ts";
import type { RoomRules } from "../queue-admission/room-watch.ts";
import { type Bounds, defaultBounds } from "./bounds.ts";
import { type Gateway, startGateway } from "./server.ts";
import type { GatewayServices } from "./services.ts";
import { createFeed, type TestFeeds, testServices, testWatches } from "./test-services.ts";

export type TestGateway = Gateway & {
  readonly url: string;
  readonly feeds: TestFeeds;
  /** Who counts as here, as the driver is told. */
  readonly here: (served?: number) => string;
};

/** As if nothing was limited: tests come from one address. */
const freeRates = { perMinute: 1_000_000, burst: 1_000_000 };
const noLimits = {
  joins: freeRates,
  sessions: freeRates,
  strangers: freeRates,
  guesses: freeRates,
  forgeries: freeRates,
  joinsOfIdentity: freeRates,
  maps: freeRates,
  tickets: freeRates,
  reads: freeRates,
};

type TestBounds = {
  http?: Partial<Bounds["http"]>;
  socket?: Partial<Bounds["socket"]>;
  seatMap?: Partial<Bounds["seatMap"]>;
  rates?: Partial<Bounds["rates"]>;
  drainMs?: number;
  rules?: Partial<RoomRules>;
  tick?: RoomTick;
};

/** A gateway on a real socket, over parts in memory; `services` and `bounds` replace what a test is about. */
export async function startTestGateway(
  services: Partial<GatewayServices> = {},
  bounds: TestBounds = {},
): Promise<TestGateway> {
  const news = createFeed<RoomNews>();
  const changes = createFeed<BookingChange>();
  const { watches, presence } = testWatches(news, bounds.rules ?? {}, bounds.tick);
  const gateway = await startGateway(
    { ...testServices(watches, changes), ...services },
    {
      http: { ...defaultBounds.http, ...bounds.http },
      socket: { ...defaultBounds.socket, ...bounds.socket },
      seatMap: { ...defaultBounds.seatMap, ...bounds.seatMap },
      rates: { ...noLimits, ...bounds.rates },
      rateKeys: 1_000,
      drainMs: bounds.drainMs ?? 500,
    },
  );
  onTestFinished(() => gateway.stop("the test ends"));
  return {
    ...gateway,
    url: `http://127.0.0.1:${gateway.port}`,
    here: (served = 0) => presence.describe([served], Date.now()),
    feeds: {
      news: (message) => {
        for (const listener of news.listeners) listener(message);
      },
      change: (message) => {
        for (const listener of changes.listeners) listener(message);
      },
      // Less the watch of the test itself.
      open: () => news.listeners.size - 1 + changes.listeners.size,
      opened: () => news.opened() + changes.opened(),
    },
  };
}
