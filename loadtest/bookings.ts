import type { LoadOptions, Measured } from "./measure.ts";
import { contendBare, contendOurs, contestOf } from "./seats/contest.ts";
import { startShop } from "./seats/shop.ts";

const plan = { sections: 50, rows: 100, seatsPerRow: 50 };
const buyers = 10_000;

/** Two seats each, best-available, spread over 50 sections of 5,000 seats; and the same requests to a bare server. */
export async function measureBookings(
  folder: string,
  options: LoadOptions,
): Promise<{ readonly bookings: Measured; readonly bare: Measured }> {
  const shop = await startShop(folder, [plan]);
  try {
    const [event] = shop.events;
    if (event === undefined) throw new Error("there is no event");
    const contest = contestOf(event, "spread", buyers, options);
    return { bare: await contendBare(contest), bookings: await contendOurs(shop, contest) };
  } finally {
    await shop.stop();
  }
}
