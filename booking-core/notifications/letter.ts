import type { Language } from "../../foundation/language.ts";

/** One thing after the other that an e-mail says. The texts are plain: markup is made of them in one place. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  /** The event: its name stands out. */
  | { readonly kind: "event"; readonly title: string; readonly lines: readonly string[] }
  | { readonly kind: "list"; readonly items: readonly string[] }
  /** Alone in a line, so that mail programs and phones find it. */
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "link"; readonly label: string; readonly url: string }
  | { readonly kind: "small"; readonly text: string };

export type Letter = {
  readonly language: Language;
  readonly subject: string;
  readonly blocks: readonly Block[];
};

/**
 * For what others have written: a line break in a title must become no line, let alone a header, and what turns the
 * direction of writing must not dress the text up as another.
 */
export function oneLine(text: string): string {
  return text
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
