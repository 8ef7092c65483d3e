import { afterAll, beforeAll, expect, test } from "vitest";
import { join, openGuest, openSession } from "./attacker.ts";
import { type AttackedSite, startSite } from "./site.ts";

let site: AttackedSite;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const times = (count: number) => Array.from({ length: count }, (_, index) => index);

test("fifty joins at once from five sessions of one account, over two gateways, make one place", async () => {
  const event = await site.openEvent();
  const account = await site.openAccount("buyer");
  const sessions = await Promise.all(times(5).map(() => openSession(site.gateways[0], account)));
  const answers = await Promise.all(
    times(10).flatMap((round) =>
      sessions.map((session) => join(site.gateways[round % 2] as string, event, session)),
    ),
  );
  const joined = answers.filter(({ status }) => status < 300);
  expect(new Set(joined.map(({ body }) => body.standing.number))).toEqual(new Set([1]));
  expect(joined.filter(({ status }) => status === 201)).toHaveLength(1);
  // A guest of the same address is somebody else, and stands behind.
  const guest = await openSession(site.gateways[0], { email: account.email });
  expect((await join(site.gateways[0], event, guest)).body.standing.number).toBe(2);
  expect((await join(site.gateways[0], event, await openGuest(site.gateways[0]))).body.standing.number).toBe(
    3,
  );
});
