import jsQr from "jsqr";
import type { Locator } from "playwright-core";
import { pixelsOfPng } from "./png-pixels.ts";

/** What a scanner reads from the screen: the pixels as the browser has drawn them. */
export async function scanScreen(picture: Locator): Promise<string | undefined> {
  const { width, height, rgba } = pixelsOfPng(await picture.screenshot());
  return jsQr.default(rgba, width, height)?.data;
}
