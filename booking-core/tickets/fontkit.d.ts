/** What is used of it; the package brings no types. */
declare module "fontkit" {
  export type Font = {
    readonly characterSet: readonly number[];
    glyphForCodePoint(codePoint: number): unknown;
    layout(text: string): unknown;
  };
  export function openSync(file: string): Font;
}
