import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventId } from "../../foundation/ids.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { waitFor } from "../harness/wait-for.ts";
import { book, enter, join, leave, openGuest, standingOf, takeTurn, turnOf } from "./attacker.ts";
import { type AttackedSite, startSite, tokens } from "./site.ts";

let site: AttackedSite;
let gateway: string;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
});
afterAll(() => site.close());

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const urlOf = (index: number) => site.gateways[index % 2] as string;
const passNumber = (pass: string) => tokens.verify("pass", pass)?.passNumber;

test("nobody takes a turn that is another's, or before it comes, or after the place was left", async () => {
  const event = await site.openEvent({ cap: 1 });
  const [first, second, stranger] = [
    await openGuest(gateway),
    await openGuest(gateway),
    await openGuest(gateway),
  ];
  await join(gateway, event, first);
  await turnOf(gateway, event, first);
  await join(gateway, event, second);
  for (const url of site.gateways) {
    expect(await takeTurn(url, event, second)).toMatchObject({ status: 409, code: "turn_missing" });
    expect(await takeTurn(url, event, stranger)).toMatchObject({ status: 409, code: "place_missing" });
  }
  await leave(gateway, event, first);
  expect(await takeTurn(site.gateways[1], event, first)).toMatchObject({
    status: 409,
    code: "place_missing",
  });
  await turnOf(gateway, event, second);
  expect((await takeTurn(gateway, event, second)).status).toBe(201);
});

test("a turn that was not taken in time is gone; its place is the next once its buyer joins again", async () => {
  const event = await site.openEvent({ cap: 1, turnWindowMs: 1_000 });
  const buyer = await openGuest(gateway);
  await join(gateway, event, buyer);
  await turnOf(gateway, event, buyer);
  const lapsed = async () => (await standingOf(gateway, event, buyer)).body.standing.outcome === "lapsed";
  await waitFor(lapsed, { what: "the end of the turn" });
  for (const url of site.gateways)
    expect(await takeTurn(url, event, buyer)).toMatchObject({ status: 409, code: "turn_missing" });
  expect((await join(gateway, event, buyer)).body.standing).toMatchObject({ outcome: "waiting", number: 1 });
  await turnOf(gateway, event, buyer);
  expect((await takeTurn(gateway, event, buyer)).status).toBe(201);
});

test("one turn that is taken twenty times at once is one pass", async () => {
  const event = await site.openEvent({ cap: 5 });
  const [buyer, other] = [await openGuest(gateway), await openGuest(gateway)];
  await join(gateway, event, buyer);
  await turnOf(gateway, event, buyer);
  const taken = await Promise.all(times(20).map((index) => takeTurn(urlOf(index), event, buyer)));
  expect(taken.map(({ status }) => status)).toEqual(times(20).map(() => 201));
  expect(new Set(taken.map(({ body }) => passNumber(body.pass)))).toEqual(new Set([1]));
  expect((await book(gateway, event, buyer, taken[19]?.body.pass)).status).toBe(201);
  expect(passNumber((await enter(gateway, event, other)).pass)).toBe(2);
});

test("however forty buyers grab at turns and give them up at once, never more are inside than the room holds", async () => {
  const cap = 5;
  const event = await site.openEvent({ cap });
  const buyers = await Promise.all(times(40).map(() => openGuest(gateway)));
  const occupancy = watchOccupancy(event.id);
  const numbers = await Promise.all(
    buyers.map(async (buyer) => {
      await join(gateway, event, buyer);
      const grab = () => Promise.all(times(5).map((index) => takeTurn(urlOf(index), event, buyer)));
      const pass = await waitFor(async () => (await grab()).find(({ status }) => status === 201)?.body.pass, {
        what: "a pass",
      });
      await Promise.all(times(2).map((index) => leave(urlOf(index), event, buyer)));
      expect((await takeTurn(gateway, event, buyer)).code).toBe("place_missing");
      return passNumber(pass);
    }),
  );
  expect(new Set(numbers)).toEqual(new Set(times(40).map((index) => index + 1)));
  expect(await occupancy.most()).toBe(cap);
});

/** Looks at turns and passes in one transaction, as often as it can, and keeps the most that it saw. */
function watchOccupancy(eventId: EventId) {
  const { turns, inside } = roomKeys(eventId);
  let [most, running] = [0, true];
  const look = async () => {
    const counts = (await site.redis.multi().zcard(turns).zcard(inside).exec()) ?? [];
    most = Math.max(
      most,
      counts.reduce((sum, [, count]) => sum + Number(count), 0),
    );
  };
  const looking = (async () => {
    while (running) await look();
  })();
  return {
    most: async () => {
      running = false;
      await looking;
      return most;
    },
  };
}
