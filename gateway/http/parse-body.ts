import type { z } from "zod";
import { problemsOf, type Refusal } from "../wire/problem.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const escapedHalf = /\\u[dD][89a-fA-F]/;
const jsonType = /^application\/json\s*(;.*)?$/i;

export type ParsedBody<Body> = { readonly body: Body } | Refusal;

/** An empty body is no body: whether that is enough is for the schema to say. */
export function parseBody(bytes: Buffer, type: string | undefined, schema: z.ZodType): ParsedBody<unknown> {
  if (bytes.length === 0) return fit(undefined, schema);
  if (type === undefined || !jsonType.test(type)) return { refusal: "unsupported_media_type" };
  const parsed = parseJson(bytes);
  return parsed === undefined ? { refusal: "malformed_json" } : fit(parsed.value, schema);
}

function parseJson(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return escapedHalf.test(text) && !isWellFormed(value) ? undefined : { value };
  } catch {
    return undefined;
  }
}

/** JSON can escape half of a character, which UTF-8 and Postgres cannot say. Texts without such escapes are not looked through. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, held]) => key.isWellFormed() && isWellFormed(held));
}

function fit(value: unknown, schema: z.ZodType): ParsedBody<unknown> {
  const fitted = schema.safeParse(value);
  if (fitted.success) return { body: fitted.data };
  return { refusal: "invalid_request", problems: problemsOf(fitted.error) };
}
