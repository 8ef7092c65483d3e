import { errorTable } from "../../foundation/errors.ts";
import { errorCodes } from "../wire/problem.ts";
import { textWithCode } from "./escape-html.ts";
import { plainPage } from "./plain-page.ts";

/** What `docs/errors.md` holds; a test keeps the file and the table together. */
export function errorsMarkdown(): string {
  const rows = errorCodes.map((code) => {
    const { status, retryable, title, advice } = errorTable[code];
    return `| \`${code}\` | ${status} | ${retryable ? "yes" : "no"} | ${title} | ${advice} |`;
  });
  return `${introduction}\n${tableHead}\n${rows.join("\n")}\n`;
}

const introduction = `# Errors

Every error is \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, \`detail\`, \`code\`, \`retryable\`, \`advice\` and \`requestId\`; \`problems\` names the fields that do not fit, \`seatNumbers\` the seats that are meant, \`free\` how many were left. Programs decide by \`code\`. "Again" says whether the same request can succeed later; an answer 503 says in \`Retry-After\` when.

This page is written by \`node gateway/errors-doc.ts\` from \`foundation/errors.ts\`.
`;
const tableHead = "| code | status | again | what happened | what to do |\n|---|---|---|---|---|";

/** The same as a page: where the \`type\` of a problem leads. */
export function errorsPage(): string {
  const entries = errorCodes.map((code) => {
    const { status, retryable, title, advice } = errorTable[code];
    const again = retryable ? "The same request can succeed later." : "Do not repeat it unchanged.";
    return `<h2 id="${code}">${code} (${status})</h2><p>${textWithCode(title)}</p><p>${textWithCode(advice)} ${again}</p>`;
  });
  return plainPage("errors", `<h1>Errors</h1>${entries.join("")}`);
}
