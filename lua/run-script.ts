import { createHash } from "node:crypto";
import type { Redis } from "../foundation/redis/connect.ts";
import { readScript } from "./source.ts";

export type Script = { readonly source: string; readonly sha1: string };

/** Read once, when the module is loaded. `file` is a path below `lua/`. */
export function loadScript(file: string): Script {
  const source = readScript(file);
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}

/**
 * Runs a script by its hash on the node of its first key. A node that does not know it (new, restarted, or its
 * scripts were flushed) gets the text once and keeps it.
 */
export function runScript(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  return redis.evalsha(script.sha1, keys.length, ...keys, ...args).catch((error: unknown) => {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return redis.eval(script.source, keys.length, ...keys, ...args);
  });
}
