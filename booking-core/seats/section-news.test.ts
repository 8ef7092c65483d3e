import { afterAll, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { letterOf, lettersOf, seatByte } from "./seat-bytes.ts";
import { parseSectionNews, type SectionNews } from "./section-news.ts";
import { best, loadTestSection, manual, newBookingId } from "./test-section.ts";

const redis = connectTestRedis();
const listener = connectTestRedis();
afterAll(() => {
  redis.disconnect();
  listener.disconnect();
});

test("the news of a section leave no version out, and lead from one snapshot to the next", async () => {
  const { claim, seats, section, ends } = await loadTestSection(
    redis,
    [4, { seats: 4, segment: 1 }],
    [[7, 14]],
  );
  const { eventId, id } = section;
  const channel = sectionKeys(eventId, id).news;
  const heard: SectionNews[] = [];
  listener.on("smessage", (from: string, text: string) => {
    if (from === channel) heard.push(parseSectionNews(text));
  });
  await listener.ssubscribe(channel);
  const before = await seats.snapshot(eventId, id);
  const [one, two] = [newBookingId(), newBookingId()];
  const backslash = { mode: "among", quantity: 1, least: 1, class: 14, runs: [[7, 1]] } as const;
  await claim(best(2), one);
  await claim(backslash, two);
  await claim(manual(9));
  await seats.confirm(eventId, id, [two]);
  await seats.shrink(eventId, id, [{ bookingId: one, giveBack: [1], left: 1 }]);
  await seats.mark(eventId, id, [[4, 1]]);
  await seats.release(eventId, id, [one]);
  const after = await seats.snapshot(eventId, id);
  await seats.load(section, [], await ends());
  await waitFor(() => heard.length >= 7, { what: "the news of every change" });

  expect(heard.map(({ version }) => version)).toEqual(Array.from({ length: 7 }, (_, index) => index + 2));
  const changes = heard.slice(0, -1).flatMap((news) => news.changes ?? []);
  const text = changes.reduce(
    (seatsNow, { first, bytes }) => seatsNow.slice(0, first) + bytes + seatsNow.slice(first + bytes.length),
    before?.seats ?? "",
  );
  expect(text).toBe(after?.seats);
  expect(text).toBe("00003000".replace(/.$/, "\\"));
  expect(heard.at(-2)).toMatchObject({ free: after?.free, held: after?.held, epoch: 1_000_000 });
  expect(heard.at(-1)).toMatchObject({ epoch: 1_000_001, changes: undefined });
});

test("a seat's letter says no more than buyers may know", () => {
  expect(lettersOf("0123456789:;<w")).toBe("fhsahschsbhsbs");
  expect([seatByte(3, "free"), seatByte(4, "free")].map(letterOf)).toEqual(["b", "b"]);
});
