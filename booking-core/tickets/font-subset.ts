/** Of one document: the glyphs that it shows, each with its place in the font that it carries. */
export type FontSubset = {
  /** The glyph's place in the subset. */
  includeGlyph(id: number): number;
  /** A TrueType font of those glyphs alone. */
  encode(): Uint8Array;
};

/** Bytes of a TrueType font with offsets of 32 bits; whatever else is wrong with it shows when glyphs are read. */
export type FontTables = ReadonlyMap<string, Buffer>;

/** Copies bytes where fontkit decodes and encodes each table anew: 0.1 ms instead of 2 ms a font. */
export function createFontSubset(tables: FontTables): FontSubset {
  const ids = [0];
  const places = new Map([[0, 0]]);
  const includeGlyph = (id: number): number => {
    const known = places.get(id);
    if (known !== undefined) return known;
    places.set(id, ids.length);
    return ids.push(id) - 1;
  };
  return {
    includeGlyph,
    encode() {
      const glyphs: Buffer[] = [];
      // Parts of composed glyphs join while the list is walked.
      for (const id of ids) glyphs.push(withPlaces(glyphOf(tables, id), includeGlyph));
      return fontFile([
        ["head", patched(tableOf(tables, "head"), 50, 1)],
        ["hhea", patched(tableOf(tables, "hhea"), 34, ids.length)],
        ["loca", offsetsOf(glyphs)],
        ["maxp", patched(tableOf(tables, "maxp"), 4, ids.length)],
        ...(["cvt ", "prep", "fpgm"] as const).map((tag) => [tag, tableOf(tables, tag)] as const),
        ["glyf", Buffer.concat(glyphs)],
        ["hmtx", Buffer.concat(ids.map((id) => metricsOf(tables, id)))],
      ]);
    },
  };
}

export function readFontTables(font: Buffer): FontTables {
  const tables = new Map<string, Buffer>();
  for (let entry = 12; entry < 12 + font.readUInt16BE(4) * 16; entry += 16) {
    const [offset, length] = [font.readUInt32BE(entry + 8), font.readUInt32BE(entry + 12)];
    tables.set(font.toString("latin1", entry, entry + 4), font.subarray(offset, offset + length));
  }
  if (tableOf(tables, "head").readUInt16BE(50) !== 1) throw new Error("the font has offsets of 16 bits");
  return tables;
}

function tableOf(tables: FontTables, tag: string): Buffer {
  const table = tables.get(tag);
  if (table === undefined) throw new Error(`the font has no table ${tag}`);
  return table;
}

function glyphOf(tables: FontTables, id: number): Buffer {
  const offsets = tableOf(tables, "loca");
  return tableOf(tables, "glyf").subarray(offsets.readUInt32BE(id * 4), offsets.readUInt32BE(id * 4 + 4));
}

/** Width and left bearing; the last width is that of all glyphs after it too. */
function metricsOf(tables: FontTables, id: number): Buffer {
  const metrics = tableOf(tables, "hmtx");
  const widths = tableOf(tables, "hhea").readUInt16BE(34);
  if (id < widths) return metrics.subarray(id * 4, id * 4 + 4);
  const bearing = widths * 4 + (id - widths) * 2;
  return Buffer.concat([
    metrics.subarray(widths * 4 - 4, widths * 4 - 2),
    metrics.subarray(bearing, bearing + 2),
  ]);
}

const moreParts = 0x20;
/** Of a part's flags: how many bytes follow its glyph. */
const partBytes = (flags: number) =>
  (flags & 0x01 ? 4 : 2) + (flags & 0x08 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0);

/** A glyph that is composed of others names them by their places in this subset. */
function withPlaces(glyph: Buffer, placeOf: (id: number) => number): Buffer {
  if (glyph.length === 0 || glyph.readInt16BE(0) >= 0) return glyph;
  const composed = Buffer.from(glyph);
  let at = 10;
  let flags: number;
  do {
    flags = composed.readUInt16BE(at);
    composed.writeUInt16BE(placeOf(composed.readUInt16BE(at + 2)), at + 2);
    at += 4 + partBytes(flags);
  } while (flags & moreParts);
  return composed;
}

function offsetsOf(glyphs: readonly Buffer[]): Buffer {
  const offsets = Buffer.alloc((glyphs.length + 1) * 4);
  let end = 0;
  for (const [place, { length }] of glyphs.entries()) offsets.writeUInt32BE((end += length), (place + 1) * 4);
  return offsets;
}

function patched(table: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(table);
  copy.writeUInt16BE(value, at);
  return copy;
}

/** Sorted by their names, each at a multiple of four. No viewer asks for the sums of an embedded font's tables. */
function fontFile(tables: readonly (readonly [tag: string, bytes: Buffer])[]): Buffer {
  const sorted = tables.toSorted(([left], [right]) => (left < right ? -1 : 1));
  const header = Buffer.alloc(12 + sorted.length * 16);
  const fits = 2 ** Math.floor(Math.log2(sorted.length));
  header.writeUInt32BE(0x00010000, 0);
  for (const [word, value] of [
    sorted.length,
    fits * 16,
    Math.log2(fits),
    (sorted.length - fits) * 16,
  ].entries())
    header.writeUInt16BE(value, 4 + word * 2);
  const parts: Buffer[] = [header];
  let offset = header.length;
  for (const [index, [tag, bytes]] of sorted.entries()) {
    const entry = 12 + index * 16;
    header.write(tag, entry, "latin1");
    header.writeUInt32BE(offset, entry + 8);
    header.writeUInt32BE(bytes.length, entry + 12);
    const padding = Buffer.alloc(-bytes.length & 3);
    parts.push(bytes, padding);
    offset += bytes.length + padding.length;
  }
  return Buffer.concat(parts);
}
