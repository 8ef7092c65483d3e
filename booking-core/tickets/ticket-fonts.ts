import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { create, type Font, type GlyphPosition } from "fontkit";
import { limits } from "../../foundation/limits.ts";
import { createFontSubset, type FontSubset, type FontTables, readFontTables } from "./font-subset.ts";

/**
 * What pdfkit asks of a fontkit font, which it takes instead of bytes. Everything is in thousandths of the font's
 * size, as a PDF counts, so that pdfkit's own scaling is by one and documents share what has been laid out.
 */
export type TicketFont = Pick<Font, "postscriptName" | "italicAngle" | "post" | "head" | "OS/2" | "bbox"> &
  Readonly<Record<"unitsPerEm" | "ascent" | "descent" | "lineGap" | "capHeight" | "xHeight", number>> & {
    getGlyph(id: number): { readonly advanceWidth: number };
    layout(text: string): LaidOut;
    createSubset(): FontSubset;
  };

type LaidOut = {
  readonly glyphs: readonly {
    readonly id: number;
    readonly codePoints: readonly number[];
    readonly advanceWidth: number;
  }[];
  readonly positions: readonly object[];
  readonly advanceWidth: number;
};

/**
 * Parsed once a thread: pdfkit would parse, lay out and cut each font anew for each document, which was nine tenths
 * of a PDF's 49 ms.
 */
export function readTicketFont(name: string): TicketFont {
  const bytes = readFontFile(name);
  const font = create(bytes);
  const tables: FontTables = readFontTables(bytes);
  const scale = 1_000 / font.unitsPerEm;
  const { minX, minY, maxX, maxY } = font.bbox;
  return {
    unitsPerEm: 1_000,
    postscriptName: font.postscriptName,
    italicAngle: font.italicAngle,
    post: font.post,
    head: font.head,
    "OS/2": font["OS/2"],
    bbox: { minX: minX * scale, minY: minY * scale, maxX: maxX * scale, maxY: maxY * scale },
    ascent: font.ascent * scale,
    descent: font.descent * scale,
    lineGap: font.lineGap * scale,
    capHeight: font.capHeight * scale,
    xHeight: font.xHeight * scale,
    getGlyph: (id) => ({ advanceWidth: font.getGlyph(id).advanceWidth * scale }),
    layout: remembered((text) => laidOut(font, text, scale)),
    createSubset: () => createFontSubset(tables),
  };
}

export function readFontFile(name: string): Buffer {
  return readFileSync(join(fontFolder, `${name}.ttf`));
}

/** Titles, venues and our own words come again and again; ids never do. */
function remembered(layout: (text: string) => LaidOut): (text: string) => LaidOut {
  const words = new Map<string, LaidOut>();
  return (text) => {
    const known = words.get(text);
    if (known !== undefined) return known;
    if (words.size >= limits.tickets.wordsRemembered) words.clear();
    const run = layout(text);
    words.set(text, run);
    return run;
  };
}

function laidOut(font: Font, text: string, scale: number): LaidOut {
  const { glyphs, positions } = pureRun(font, text);
  const scaled = positions.map(({ xAdvance, yAdvance, xOffset, yOffset }) => ({
    xAdvance: xAdvance * scale,
    yAdvance: yAdvance * scale,
    xOffset: xOffset * scale,
    yOffset: yOffset * scale,
  }));
  return {
    glyphs: glyphs.map(({ id, codePoints, advanceWidth }) => ({
      id,
      codePoints,
      advanceWidth: advanceWidth * scale,
    })),
    positions: scaled,
    advanceWidth: scaled.reduce((sum, { xAdvance }) => sum + xAdvance, 0),
  };
}

/**
 * A glyph of fontkit's remembers the letters that it stood for at first, in whichever document that was: "é" of one
 * letter or of two. What is copied from a ticket must be of its own text alone.
 */
function pureRun(
  font: Font,
  text: string,
): { readonly glyphs: LaidOut["glyphs"]; readonly positions: readonly GlyphPosition[] } {
  const run = font.layout(text);
  const codePoints = Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
  if (run.direction === "ltr" && run.glyphs.length === codePoints.length) {
    const glyphs = run.glyphs.map(({ id, advanceWidth }, at) => ({
      id,
      advanceWidth,
      codePoints: codePoints.slice(at, at + 1),
    }));
    return { glyphs, positions: run.positions };
  }
  font._glyphs = {};
  return font.layout(text);
}

const fontFolder = join(
  dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")),
  "ttf",
);
