import { createHash } from "node:crypto";

/** What is public of the draw's secret before the draw: docs/draw.md. */
export function commitmentOf(seed: string): string {
  return createHash("sha256")
    .update("onsale-draw-commitment-v1")
    .update(Buffer.from(seed, "hex"))
    .digest("hex");
}
