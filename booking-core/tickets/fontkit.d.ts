/** As much of fontkit as the tickets' fonts ask of it. */
declare module "fontkit" {
  export type Glyph = {
    readonly id: number;
    readonly codePoints: readonly number[];
    readonly advanceWidth: number;
    readonly path: { toSVG(): string };
  };
  export type GlyphPosition = {
    readonly xAdvance: number;
    readonly yAdvance: number;
    readonly xOffset: number;
    readonly yOffset: number;
  };
  export type Font = {
    /** The glyphs it has handed out, each with the letters that it stood for at first. Not part of its documentation. */
    _glyphs: Record<number, Glyph>;
    readonly postscriptName: string;
    readonly unitsPerEm: number;
    readonly ascent: number;
    readonly descent: number;
    readonly lineGap: number;
    readonly capHeight: number;
    readonly xHeight: number;
    readonly italicAngle: number;
    readonly bbox: {
      readonly minX: number;
      readonly minY: number;
      readonly maxX: number;
      readonly maxY: number;
    };
    readonly post: { readonly isFixedPitch: number };
    readonly head: { readonly macStyle: { readonly italic: boolean } };
    readonly "OS/2": { readonly sFamilyClass: number };
    getGlyph(id: number): Glyph;
    layout(text: string): {
      readonly glyphs: readonly Glyph[];
      readonly positions: readonly GlyphPosition[];
      readonly direction: "ltr" | "rtl";
    };
  };
  export function create(bytes: Uint8Array): Font;
}
