import { createHmac, timingSafeEqual } from "node:crypto";
import { limits } from "../../foundation/limits.ts";

/**
 * `t=SECONDS,v1=HEX,…`: HMAC-SHA256 over the time, a dot and the body. One `v1` for each secret that the sandbox signs
 * with, and one of ours must fit: while a secret changes, both sides have two.
 */
export function isSigned(
  rawBody: Buffer,
  header: string,
  secrets: readonly string[],
  nowMs: number,
): boolean {
  const parts = header.split(",").map((part) => part.trim().split("="));
  const seconds = parts.find(([name]) => name === "t")?.[1] ?? "";
  if (!isRecent(seconds, nowMs)) return false;
  const expected = secrets.map((secret) =>
    createHmac("sha256", secret).update(`${seconds}.`).update(rawBody).digest(),
  );
  const signatures = parts.filter(([name]) => name === "v1").slice(0, limits.payment.signaturesPerWebhook);
  return signatures.some(([, hex = ""]) => {
    const given = Buffer.from(hex, "hex");
    return expected.some((signature) => isEqual(given, signature));
  });
}

function isRecent(seconds: string, nowMs: number): boolean {
  return (
    /^\d{1,12}$/.test(seconds) &&
    Math.abs(nowMs - Number(seconds) * 1_000) <= limits.payment.webhookToleranceMs
  );
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
