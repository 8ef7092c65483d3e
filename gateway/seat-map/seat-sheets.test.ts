import { randomBytes } from "node:crypto";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { SectionWatch } from "../../booking-core/seats/followed-section.ts";
import type { SectionPicture } from "../../booking-core/seats/section-picture.ts";
import { type SectionId, uuidSource } from "../../foundation/ids.ts";
import { chooseEncoding } from "../http/content-encoding.ts";
import type { GatewayServices } from "../services.ts";
import { sendRaw } from "../test-client.ts";
import { eventId, testEvent } from "../test-data.ts";
import { startTestGateway, type TestGateway } from "../test-gateway.ts";
import { eventSeatsSchema } from "../wire/seats.ts";

const path = `/v1/events/${eventId}/seats`;

/** An event of these pictures, each a section, and how often a section was asked for. */
function eventOf(pictures: readonly SectionPicture[]) {
  const ids = pictures.map(() => uuidSource.next<SectionId>());
  const like = testEvent.sections[0] as OnsaleEvent["sections"][number];
  const event: OnsaleEvent = { ...testEvent, sections: ids.map((id) => ({ ...like, id })) };
  const changed = new Map<SectionId, SectionPicture>(
    ids.map((id, index) => [id, pictures[index] as SectionPicture]),
  );
  let asked = 0;
  const known = (sectionId: SectionId): SectionWatch => {
    asked += 1;
    return {
      eventId,
      sectionId,
      picture: () => changed.get(sectionId),
      isCurrent: () => true,
      isOpen: () => true,
      listen: () => () => {},
    };
  };
  const services: Partial<GatewayServices> = {
    catalogue: { list: async () => [event], find: async (id) => (id === eventId ? event : undefined) },
    sectionWatches: { known, open: async (_, id) => known(id) },
  };
  const change = (index: number, picture: SectionPicture) => changed.set(ids[index] as SectionId, picture);
  return { ids, services, change, asked: () => asked };
}

const pictureOf = (seats: string, version = 1): SectionPicture => ({
  version,
  epoch: 1,
  free: [seats.split("0").length - 1],
  held: [0],
  seats: Buffer.from(seats),
});

async function get(gateway: TestGateway, encoding: string | undefined) {
  const headers = [
    `GET ${path} HTTP/1.1`,
    "Host: a",
    "Connection: close",
    ...(encoding === undefined ? [] : [`Accept-Encoding: ${encoding}`]),
  ];
  const answer = Buffer.from(
    await sendRaw(gateway, `${headers.join("\r\n")}\r\n\r\n`, /\0\0never/),
    "latin1",
  );
  const end = answer.indexOf("\r\n\r\n") + 4;
  return { head: answer.subarray(0, end).toString("latin1"), body: answer.subarray(end) };
}

const decoders = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
} as const;

test("100,000 seats in 400 sections, each at random free, held or sold, come in less than 40 KB", async () => {
  const random = () => randomBytes(250).reduce((seats, byte) => seats + "012"[byte % 3], "");
  const { services } = eventOf(Array.from({ length: 400 }, (_, index) => pictureOf(random(), 9_000 + index)));
  const gateway = await startTestGateway(services, { http: { answerTimeoutMs: 15_000 } });
  const plain = (await get(gateway, undefined)).body;
  expect(eventSeatsSchema.parse(JSON.parse(String(plain))).sections).toHaveLength(400);
  for (const [encoding, decode] of Object.entries(decoders)) {
    const { head, body } = await get(gateway, encoding);
    expect(head).toContain(`Content-Encoding: ${encoding}\r\n`);
    expect(head).toContain("Vary: Accept-Encoding\r\n");
    expect(decode(body).equals(plain)).toBe(true);
    expect([encoding, body.length < 40_000]).toEqual([encoding, true]);
  }
});

test("an event's seats: a section each, of every seat the letter that everybody may know", async () => {
  const { services, ids } = eventOf([pictureOf("012369<?", 7), pictureOf("00")]);
  const gateway = await startTestGateway(services);
  expect(JSON.parse(String((await get(gateway, undefined)).body))).toEqual({
    eventId,
    sections: [
      { id: ids[0], version: 7, free: 1, states: "fhsacbbb" },
      { id: ids[1], version: 1, free: 2, states: "ff" },
    ],
  });
});

test("while nothing changed the answer is 304, after a change of one section it is not", async () => {
  const { services, change } = eventOf([pictureOf("000"), pictureOf("00")]);
  const gateway = await startTestGateway(services, { seatMap: { windowMs: 0 } });
  const ask = (etag: string) => fetch(gateway.url + path, { headers: { "if-none-match": etag } });
  const etag = String((await ask('"another"')).headers.get("etag"));
  const answers = await Promise.all([etag, etag.slice(2), `"x", ${etag}`, "*", '"x"'].map(ask));
  expect(answers.map(({ status }) => status)).toEqual([304, 304, 304, 304, 200]);
  expect(answers[0]?.headers.get("etag")).toBe(etag);
  change(1, pictureOf("01", 2));
  expect((await ask(etag)).status).toBe(200);
});

test("who asks within a window gets what was made for the first", async () => {
  const { services, change, asked } = eventOf([pictureOf("000")]);
  let nowMs = 0;
  const gateway = await startTestGateway({ ...services, clock: { now: () => nowMs } });
  const ask = async () => (await fetch(gateway.url + path)).headers.get("etag");
  const first = await ask();
  change(0, pictureOf("001", 2));
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([first, first, first]);
  expect(asked()).toBe(1);
  nowMs = 100;
  expect(await ask()).not.toBe(first);
  expect(asked()).toBe(2);
});

test.each([
  [undefined, undefined],
  ["", undefined],
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, deflate, br", "br"],
  ["gzip;q=1.0, br;q=0.5", "gzip"],
  ["br;q=0, gzip;q=0", undefined],
  ["*", "zstd"],
  ["identity, gzip;q=0.5", undefined],
  ["GZIP", "gzip"],
  ["gzip;q=much", undefined],
] as const)("a client that accepts %s gets %s", (accepted, encoding) => {
  expect(chooseEncoding(accepted)).toBe(encoding);
});
