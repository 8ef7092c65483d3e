import { generateKeyPairSync } from "node:crypto";
import { inflateSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { BookingId, EventId, TicketId } from "../../foundation/ids.ts";
import { decodeRectangles } from "./test-qr.ts";
import { signTicketCode } from "./ticket-code.ts";
import { createTicketDrawing } from "./ticket-drawing.ts";
import type { TicketFact, TicketFacts } from "./ticket-facts.ts";
import { renderTicketsPdf } from "./ticket-pdf.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const eventId = "01900000-0000-7000-8000-000000000001" as EventId;

function ticket(place: number, more: Partial<TicketFact> = {}): TicketFact {
  const id = `01900000-0000-7000-8000-00000000010${place}` as TicketId;
  return {
    id,
    status: "valid",
    section: "Parter",
    label: { row: "A", seat: String(place) },
    price: { amountMinor: 4_500n, currency: "EUR" },
    issuedAtMs: 1_700_000_000_000,
    used: null,
    code: signTicketCode({ keyId: 1, eventId, ticketId: id, issue: 0 }, privateKey),
    ...more,
  };
}

const factsOf = (
  tickets: readonly TicketFact[],
  title = "Zażółć gęślą jaźń, Ἀθῆναι, Война и мир",
): TicketFacts => ({
  bookingId: "01900000-0000-7000-8000-000000000002" as BookingId,
  booking: { status: "paid", deadlineMs: 1_700_000_000_000 },
  language: "de",
  event: { id: eventId, title, startsAtMs: 1_800_000_000_000 },
  venue: { name: "Teatr Wielki", city: "Łódź" },
  tickets,
});

test("the same tickets give the same bytes, whenever they are drawn", async () => {
  const facts = factsOf([ticket(1), ticket(2)]);
  const first = await renderTicketsPdf(facts);
  expect(first.subarray(0, 5).toString()).toBe("%PDF-");
  expect((await renderTicketsPdf(facts)).equals(first)).toBe(true);
});

test("each valid ticket has a page, from which a scanner reads its code", async () => {
  const [first, second] = [ticket(1), ticket(2)];
  const used = ticket(3, { status: "used", used: { atMs: 0, door: "North" } });
  const refunded = ticket(4, { status: "refunded", code: null });
  const pdf = await renderTicketsPdf(factsOf([first, used, refunded, second]));
  expect(codesOf(pdf)).toEqual([first.code, second.code]);
});

test("Polish, Greek and Cyrillic letters are drawn as themselves; those of other scripts have no shape", async () => {
  const title = "Zażółć gęślą jaźń, Ελληνικά, Война и мир";
  const pdf = await renderTicketsPdf(factsOf([ticket(1)], `${title} 漢`));
  const drawn = lettersOf(pdf);
  expect(drawn.has("漢")).toBe(false);
  for (const letter of title) expect([letter, drawn.has(letter)]).toEqual([letter, true]);
});

test("letters that are drawn as one shape are copied as the letters that they are", async () => {
  const pdf = await renderTicketsPdf(factsOf([ticket(1)], "Office, ﬁsh"));
  const maps = streamsOf(pdf).filter((text) => text.includes("begincmap"));
  const [ffi, fi] = [/<0066 ?0066 ?0069>/, /<0066 ?0069>/];
  for (const letters of [ffi, fi]) expect(maps.some((text) => letters.test(text))).toBe(true);
  expect(["ﬁ", "ﬃ"].filter((shape) => lettersOf(pdf).has(shape))).toEqual([]);
});

test("what an operator wrote into a title cannot grow past its page", async () => {
  const pdf = await renderTicketsPdf(
    factsOf([ticket(1)], `long ${"word ".repeat(300)}\n\n\u0000${"x".repeat(3_000)}`),
  );
  expect(codesOf(pdf)).toHaveLength(1);
  expect(pdf.toString("latin1").match(/\/Type \/Page\n/g)).toHaveLength(1);
});

test("drawing in a thread gives the same bytes, and past its bound it is busy at once", async () => {
  const drawing = createTicketDrawing(2);
  onTestFinished(() => drawing.stop());
  const facts = factsOf([ticket(1)]);
  const [pdf, svgs, third] = await Promise.all([
    drawing.pdf(facts),
    drawing.svgs([ticket(1).code ?? ""]),
    drawing.pdf(facts),
  ]);
  expect(Buffer.from(pdf).equals(await renderTicketsPdf(facts))).toBe(true);
  expect(svgs).toEqual([expect.stringMatching(/^<svg /)]);
  expect(third).toBe("busy");
  expect(await drawing.svgs([])).toEqual([]);
});

test("what cannot be drawn fails alone", async () => {
  const drawing = createTicketDrawing(4);
  onTestFinished(() => drawing.stop());
  const broken = { ...factsOf([ticket(1)]), language: "xx" } as unknown as TicketFacts;
  await expect(drawing.pdf(broken)).rejects.toThrow(/could not be drawn/);
  expect(await drawing.svgs([ticket(1).code ?? ""])).toHaveLength(1);
});

/** Of each page that draws squares, what a scanner reads. */
function codesOf(pdf: Buffer): (string | undefined)[] {
  return streamsOf(pdf).flatMap((text) => {
    const rectangles = [...text.matchAll(/(?:^|\n)([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re/g)].map((match) =>
      match.slice(1).map(Number),
    );
    const side = rectangles[0]?.[3];
    if (side === undefined) return [];
    const [left, top] = [0, 1].map((axis) =>
      Math.min(...rectangles.map((rectangle) => rectangle[axis] ?? 0)),
    );
    const placed = rectangles.map(([x = 0, y = 0, width = 0]) => ({
      column: Math.round((x - (left ?? 0)) / side) + 4,
      row: Math.round((y - (top ?? 0)) / side) + 4,
      width: Math.round(width / side),
    }));
    return [decodeRectangles(49, placed)];
  });
}

/** The letters that the fonts of the document know: each has a glyph, and its place in Unicode. */
function lettersOf(pdf: Buffer): Set<string> {
  const maps = streamsOf(pdf).filter((text) => text.includes("begincmap"));
  const codes = maps.flatMap((text) =>
    [...text.matchAll(/<([0-9a-f]{4})>/gi)].map((match) => match[1] ?? ""),
  );
  return new Set(codes.map((code) => String.fromCharCode(Number.parseInt(code, 16))));
}

function streamsOf(pdf: Buffer): string[] {
  const text = pdf.toString("latin1");
  return [...text.matchAll(/stream\r?\n/g)].flatMap(({ index, 0: word }) => {
    if (text.slice(index - 3, index) === "end") return [];
    try {
      return [inflateSync(pdf.subarray(index + word.length)).toString("latin1")];
    } catch {
      return [];
    }
  });
}
