import type { z } from "zod";
import { problemsOf, type Refusal } from "../wire/problem.ts";

const nothing = { query: undefined };

/** The query of an address as its schema wants it. A parameter that comes twice is refused: readers could take either. */
export function parseQuery(
  text: string,
  schema: z.ZodType | undefined,
): { readonly query: unknown } | Refusal {
  if (schema === undefined) return nothing;
  const pairs = [...new URLSearchParams(text)];
  const names = new Set(pairs.map(([name]) => name));
  if (names.size < pairs.length) {
    const problems = [{ path: "", message: "a parameter comes twice" }];
    return { refusal: "invalid_request", problems };
  }
  const fitted = schema.safeParse(Object.fromEntries(pairs));
  if (fitted.success) return { query: fitted.data };
  return { refusal: "invalid_request", problems: problemsOf(fitted.error) };
}
