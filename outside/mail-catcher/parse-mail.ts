export type CaughtMail = {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly {
    readonly filename: string;
    readonly contentType: string;
    readonly bytes: number;
  }[];
  readonly receivedAt: string;
};

export type AttachedFile = {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
};

type Part = { readonly headers: ReadonlyMap<string, string>; readonly body: string };

/** Reads as much of a message (RFC 5322, MIME) as Onsale's own mail needs: its headers and its texts. */
export function parseMail(
  raw: string,
  envelope: { from: string; to: readonly string[] },
  receivedAt: Date,
): CaughtMail {
  const mail = splitPart(raw);
  return {
    from: envelope.from,
    to: envelope.to,
    subject: decodeWords(mail.headers.get("subject") ?? ""),
    messageId: mail.headers.get("message-id") ?? "",
    text: findText(mail, "text/plain") ?? "",
    html: findText(mail, "text/html") ?? "",
    attachments: attachedTo(mail).map(({ content, ...file }) => ({ ...file, bytes: content.length })),
    receivedAt: receivedAt.toISOString(),
  };
}

/** The files of a message, in their order. */
export function readAttachments(raw: string): AttachedFile[] {
  return attachedTo(splitPart(raw));
}

function attachedTo(part: Part): AttachedFile[] {
  const disposition = part.headers.get("content-disposition") ?? "";
  const type = part.headers.get("content-type") ?? "text/plain";
  if (disposition.startsWith("attachment")) {
    const name = /filename="?([^";]+)"?/i.exec(disposition)?.[1] ?? "attachment";
    const contentType = type.split(";")[0] as string;
    return [{ filename: decodeWords(name), contentType, content: Buffer.from(part.body, "base64") }];
  }
  return partsOf(part, type).flatMap(attachedTo);
}

function partsOf({ body }: Part, type: string): Part[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (!type.startsWith("multipart/") || boundary === undefined) return [];
  const parts = body.split(`--${boundary}`).slice(1, -1);
  return parts.map((raw) => splitPart(raw.replace(/^\n/, "")));
}

function splitPart(raw: string): Part {
  const text = raw.replaceAll("\r\n", "\n");
  const end = text.indexOf("\n\n");
  const head = end === -1 ? text : text.slice(0, end);
  const headers = new Map<string, string>();
  // A line that begins with white space goes on with the one before.
  for (const line of head.replace(/\n[ \t]+/g, " ").split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body: end === -1 ? "" : text.slice(end + 2) };
}

function findText(part: Part, wanted: string): string | undefined {
  const type = part.headers.get("content-type") ?? "text/plain";
  if (type.startsWith("multipart/"))
    return partsOf(part, type)
      .map((inner) => findText(inner, wanted))
      .find((text) => text !== undefined);
  const isFile = part.headers.get("content-disposition")?.startsWith("attachment") === true;
  return type.startsWith(wanted) && !isFile ? decodeBody(part) : undefined;
}

function decodeBody({ headers, body }: Part): string {
  switch (headers.get("content-transfer-encoding")?.toLowerCase()) {
    case "base64":
      return Buffer.from(body, "base64").toString("utf8");
    case "quoted-printable":
      return decodeQuotedPrintable(body.replace(/=\n/g, ""));
    default:
      return body;
  }
}

function decodeQuotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** `=?UTF-8?B?…?=` and `=?UTF-8?Q?…?=`, as headers carry what is not ASCII. */
function decodeWords(text: string): string {
  const joined = text.replace(/\?=\s+=\?/g, "?==?");
  return joined.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
    kind.toLowerCase() === "b"
      ? Buffer.from(word, "base64").toString("utf8")
      : decodeQuotedPrintable(word.replaceAll("_", " ")),
  );
}
