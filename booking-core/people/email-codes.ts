import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";
import { identityFrom } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { codeTriesKey } from "../../foundation/redis/keys.ts";

/** Codes that show that an address is somebody's own. Nothing is stored of them: who knows the secret knows the code. */
export type EmailCodes = {
  /** Queues the e-mail with the code, at most once a minute for each address. */
  request(address: string): Promise<void>;
  /** A code is good until the end of the span after the one it was sent in, as often as it is used. */
  check(address: string, code: string): Promise<"right" | "wrong" | "tries_used">;
  /** The code of a span, or nothing where it is not good any more. */
  codeFor(address: string, span: number): string | undefined;
};

type CodeParts = {
  readonly pool: Pool;
  readonly jobs: Jobs;
  readonly redis: Redis;
  readonly clock: Clock;
  readonly secret: string;
};

export const codeDigits = 8;
const spanMs = 10 * 60_000;
const repeatSeconds = 60;

/** Of one address in one span: with two codes good at a time, a guesser has one chance in ten million. */
const triesMost = 5;

export function createEmailCodes(parts: CodeParts): EmailCodes {
  const { pool, jobs, clock, secret } = parts;
  const spanNow = () => Math.floor(clock.now() / spanMs);
  return {
    async request(address) {
      const once = { key: identityFrom("email", address), seconds: repeatSeconds };
      await jobs.insert(pool, "send-code", [{ data: { address, span: spanNow() }, once }]);
    },
    async check(address, code) {
      const span = spanNow();
      const key = codeTriesKey(identityFrom("email", address), span);
      if ((await countTry(parts.redis, key, 1)) > triesMost) return "tries_used";
      const good = [span, span - 1].map((of) => isSame(codeOf(secret, address, of), code));
      if (!good.includes(true)) return "wrong";
      await countTry(parts.redis, key, -1);
      return "right";
    },
    codeFor: (address, span) => (spanNow() - span > 1 ? undefined : codeOf(secret, address, span)),
  };
}

/** Counted before the code is looked at: tries at the same time all count. */
async function countTry(redis: Redis, key: string, by: 1 | -1): Promise<number> {
  const [counted] = (await redis.multi().incrby(key, by).pexpire(key, spanMs).exec()) ?? [];
  const [error, count] = counted ?? [new Error("a try could not be counted")];
  if (error !== null) throw error;
  return Number(count);
}

function codeOf(secret: string, address: string, span: number): string {
  const mac = createHmac("sha256", secret).update(`email-code:${span}:${address}`).digest();
  return String(mac.readUIntBE(0, 6) % 10 ** codeDigits).padStart(codeDigits, "0");
}

function isSame(expected: string, given: string): boolean {
  const [one, two] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === two.length && timingSafeEqual(one, two);
}
