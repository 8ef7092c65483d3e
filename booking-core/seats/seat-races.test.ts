import { afterAll, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { best, loadTestSection } from "./test-section.ts";

const redis = connectTestRedis();
const otherGateway = connectTestRedis();
afterAll(() => {
  redis.disconnect();
  otherGateway.disconnect();
});

const buyers = Array.from({ length: 200 }, (_, index) => index);

test("200 buyers at once for 50 seats get exactly 50", async () => {
  const { claim, states } = await loadTestSection(redis, [10, 10, 10, 10, 10]);
  const outcomes = await Promise.all(buyers.map(() => claim(best(1))));
  const seats = outcomes.flatMap((outcome) => (outcome.outcome === "held" ? outcome.seatNumbers : []));
  expect(seats).toHaveLength(50);
  expect(new Set(seats).size).toBe(50);
  expect(outcomes.filter((outcome) => outcome.outcome === "sold_out")).toHaveLength(150);
  expect(await states()).toBe("1".repeat(50));
});

test("the same buyers oversell where a claim reads first and writes then", async () => {
  const { section } = await loadTestSection(redis, [10, 10, 10, 10, 10]);
  const keys = sectionKeys(section.eventId, section.id);
  const claimUnprotected = async (client: typeof redis): Promise<number | undefined> => {
    const free = (await client.get(keys.seats))?.indexOf("0") ?? -1;
    if (free === -1) return undefined;
    await client.setrange(keys.seats, free, "1");
    return free;
  };
  const sold = await Promise.all(
    buyers.map((buyer) => claimUnprotected(buyer % 2 === 0 ? redis : otherGateway)),
  );
  const seats = sold.filter((seat) => seat !== undefined);
  expect(seats.length).toBeGreaterThan(new Set(seats).size);
});
