import type { Mailbox } from "./mailbox.ts";
import { mailPage } from "./page.ts";
import { readAttachments } from "./parse-mail.ts";

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

const notFound: Answer = { status: 404, headers: {}, body: "" };
/** Nothing is fetched, nothing runs, nothing can be sent. */
const quiet = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'",
};
const framed = { "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'" };

/** `/` for people; for programs `/messages?to=`, and of each mail `/html`, `/raw` and `/attachments/0`. */
export function answerTo(mailbox: Mailbox, { pathname, searchParams }: URL): Answer {
  if (pathname === "/") return page(mailPage(mailbox.mails), quiet);
  if (pathname === "/messages") return list(mailbox, searchParams.get("to"));
  const [, number, what, place] = /^\/messages\/(\d{1,9})\/([a-z]+)(?:\/(\d{1,3}))?$/.exec(pathname) ?? [];
  const id = Number(number);
  const raw = mailbox.raw(id);
  if (raw === undefined) return notFound;
  if (what === "raw") return file("message/rfc822", `${id}.eml`, raw);
  if (what === "html") return page(mailbox.mails.find((mail) => mail.id === id)?.html ?? "", framed);
  const attached =
    what === "attachments" ? readAttachments(raw.toString("latin1"))[Number(place)] : undefined;
  return attached === undefined ? notFound : file(attached.contentType, attached.filename, attached.content);
}

function list({ mails }: Mailbox, to: string | null): Answer {
  const found = mails.filter((mail) => to === null || mail.to.includes(to));
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(found) };
}

function page(body: string, headers: Readonly<Record<string, string>>): Answer {
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body };
}

/** To be kept, never to be shown: what is inside is somebody else's. */
function file(contentType: string, name: string, body: Buffer): Answer {
  const plain = name.replace(/[^A-Za-z0-9._-]/g, "_");
  const headers = {
    "content-type": contentType,
    "content-disposition": `attachment; filename="${plain}"`,
    "x-content-type-options": "nosniff",
  };
  return { status: 200, headers, body };
}
