import { buffer } from "node:stream/consumers";
import { create } from "fontkit";
import PDFDocument from "pdfkit";
import { expect, test } from "vitest";
import { createFontSubset, readFontTables } from "./font-subset.ts";
import { readFontFile, readTicketFont } from "./ticket-fonts.ts";

const name = "DejaVuSans";
const texts = [
  "Zażółć gęślą jaźń, Ἀθῆναι, Война и мир",
  "office, AVATAR, „Über“ – Äpfel",
  "Cafe\u0301 zu\u0308rich ﬁ ½ 漢 שלום",
];

test("pdfkit makes the same document of it as of the font's bytes, but for the file of the font", async () => {
  const own = await documentOf(readTicketFont(name));
  expect(own).toContain("/FontFile2");
  expect(own).toBe(await documentOf(readFontFile(name)));
});

test("what has been laid out before does not change the letters that are copied", () => {
  const layout = (...words: readonly string[]) => {
    const font = readTicketFont(name);
    return new Map(words.map((word) => [word, font.layout(word).glyphs.map(({ codePoints }) => [...codePoints])]));
  };
  const words = ["fi", "ﬁ", "ffi", "\u00e9", "e\u0301"];
  const [forwards, backwards] = [layout(...words), layout(...words.toReversed())];
  expect(forwards.get("fi")).toEqual([[0x66, 0x69]]);
  expect(forwards.get("ﬁ")).toEqual([[0xfb01]]);
  expect(forwards.get("e\u0301")?.flat()).toEqual([0x65, 0x301]);
  for (const word of words) expect(backwards.get(word)).toEqual(forwards.get(word));
});

test("each glyph of a subset has its shape and its width, those composed of others too", () => {
  const bytes = readFontFile(name);
  const font = create(bytes);
  const subset = createFontSubset(readFontTables(bytes));
  const ids = [...new Set(texts.flatMap((text) => font.layout(text).glyphs.map(({ id }) => id)))];
  const places = ids.map((id) => subset.includeGlyph(id));
  const cut = create(subset.encode());
  for (const [at, id] of ids.entries()) {
    const [own, original] = [cut.getGlyph(places[at] ?? 0), font.getGlyph(id)];
    expect([id, own.path.toSVG(), own.advanceWidth]).toEqual([id, original.path.toSVG(), original.advanceWidth]);
  }
});

/**
 * As text, without the bytes of the font itself and what depends on how many there are, and without the width of the
 * box for letters that have no shape: pdfkit forgets to scale it.
 */
async function documentOf(font: object): Promise<string> {
  const document = new PDFDocument({ compress: false, font: "", info: { CreationDate: new Date(0) } });
  document.font(font as Buffer);
  for (const [row, text] of texts.entries()) document.text(text, 50, 50 + row * 100, { width: 90, align: "center" });
  const made = buffer(document);
  document.end();
  return (await made)
    .toString("latin1")
    .replace(/(?<=\/FontFile2 )\d+/, "")
    .replace(/(?<=\/W \[0 \[)[\d.]+/, "")
    .replace(/\/Length (?=\d{4,})\d+\n>>\nstream\n[^]*?endstream/g, "")
    .replace(/\nxref[^]*/, "");
}
