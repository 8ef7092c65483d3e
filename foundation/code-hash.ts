import { createHash } from "node:crypto";

/** What is kept of a lane's code: who reads Redis or Postgres cannot use it. */
export function hashCode(code: string): string {
  return createHash("sha256").update(`code:${code.trim().toUpperCase()}`).digest("base64url").slice(0, 22);
}
