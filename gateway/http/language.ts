import type { Language } from "../../foundation/language.ts";

/** `de-CH;q=0.8` of the header `Accept-Language` (RFC 9110). */
const rangePattern = /^([a-z]{1,8}|\*)(?:-[a-z0-9-]{1,35})?(?:\s*;\s*q=(\d(?:\.\d{0,3})?))?$/;

/** What the reader likes best of what we write; English where that is nothing. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? "")
    .toLowerCase()
    .split(",", 20)
    .map((range) => rangePattern.exec(range.trim()))
    .map((match) => ({ language: match?.[1], weight: Number(match?.[2] ?? 1) }))
    .filter(({ language, weight }) => weight > 0 && (language === "de" || language === "en"));
  const best = wanted.toSorted((left, right) => right.weight - left.weight)[0];
  return best?.language === "de" ? "de" : "en";
}
