/** What a reviewer would otherwise say again and again: names, sizes, words, sleeps. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { readSources, report, type Source } from "./sources.ts";

const mostLines = { code: 300, tests: 500 };
const bannedFileWords = /(^|-)(utils?|helpers?|manager|common|misc)(-|\.|$)/;
/** Synonyms of our words (ARCHITECTURE.md, "Words"). */
const bannedWords = /\b(reservations?|reserved seats?|queue entry|queue entries|seat locks?)\b/i;
const workplace = /\/work\/|\/farm\/|registry\.npmjs|proxy\.golang|deb\.debian/;
const sleep = /\bsleep\(|setTimeout\(\s*(resolve|done|r)\s*,\s*\d{3,}/;
const generated = new Set(["lua/generated.ts", "setup/tidy.ts", "setup/tidy.test.ts"]);

export function untidy({ path, text }: Source): string[] {
  if (generated.has(path)) return [];
  const name = basename(path);
  const problems: string[] = [];
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.config|\.d)?\.(ts|mjs|lua)$/.test(name))
    problems.push("file names are kebab-case");
  if (bannedFileWords.test(name)) problems.push("name the file by what it holds");
  const most = path.endsWith(".test.ts") ? mostLines.tests : mostLines.code;
  if (text.split("\n").length > most) problems.push(`more than ${most} lines: it holds two things`);
  const word = bannedWords.exec(text)?.[0];
  if (word !== undefined) problems.push(`"${word}" is a synonym of one of our words`);
  if (workplace.test(text)) problems.push("names a place of one machine");
  if (/\benum\s+[A-Z]/.test(text)) problems.push("a union of texts says it without an enum");
  if (path.endsWith(".test.ts") && sleep.test(text)) problems.push("wait for a condition, not for time");
  if (path.endsWith(".test.ts") && /\b(test|it|describe)\.(skip|only|todo|fails)\b/.test(text))
    problems.push("a test is switched off");
  return problems.map((problem) => `${path}: ${problem}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  report(readSources(".ts", ".mjs", ".lua").flatMap(untidy));
