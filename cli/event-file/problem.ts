import type { z } from "zod";

export type Path = readonly PropertyKey[];
export type Problem = { readonly path: Path; readonly says: string };
/** Notes a problem, so that the others are found too. */
export type Tell = (path: Path, says: string) => void;

/** `sections[1].offers[0].face: must be …` */
export function lineOf({ path, says }: Problem): string {
  const name = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return name === "" ? `The file ${says}` : `${name.replace(/^\./, "")}: ${says}`;
}

/** A key that nobody knows is named where it stands. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          path: [...issue.path, key],
          says: "is not known: take it out, or look up in docs/first-event.md how it is spelled",
        }))
      : { path: issue.path, says: issue.message },
  );
}

/** For zod: what must be there instead. A schema that says it in words of its own is heard first. */
export function whatToDo(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `${issue.input === undefined ? "is missing: it" : ""} must be ${kindOf(issue.expected)}`.trim();
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return "must be one of the kinds in docs/first-event.md";
    case "too_small":
      return `must ${boundOf(issue.origin)} ${issue.minimum} at least`;
    case "too_big":
      return `must ${boundOf(issue.origin)} ${issue.maximum} at most`;
    default:
      return undefined;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};
const kindOf = (expected: string) => kinds[expected] ?? expected;

const boundOf = (origin: string) =>
  origin === "string" ? "have a length of" : origin === "array" ? "have a length of" : "be";
