const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split("");

/** The other texts of base64url that mean the same bytes: they differ in the unused bits of the last character. */
export function otherSpellings(text: string): string[] {
  const bytes = Buffer.from(text, "base64url");
  return letters
    .map((last) => `${text.slice(0, -1)}${last}`)
    .filter((other) => other !== text && Buffer.from(other, "base64url").equals(bytes));
}
