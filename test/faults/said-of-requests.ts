import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the processes logged about the requests that a sentence names: a run elsewhere leaves nothing but what it prints. */
export function saidOfRequests(sentence: string, folder: string): string[] {
  const ids = [...sentence.matchAll(/"requestId":"[^"]+"/g)].map(([id]) => id);
  if (ids.length === 0) return [];
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .filter((line) => ids.some((id) => line.includes(id)))
      .map((line) => `${file}: ${line}`),
  );
}
