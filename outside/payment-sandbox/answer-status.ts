/** `spoilt`: it is over, but where the next one would begin cannot be told, or the server wants no next one. */
export type Progress = "more" | "over" | "spoilt";

/** Reads one answer from pieces of latin1 text; only the status is kept. */
export type AnswerReader = {
  take(text: string): Progress;
  /** 0 as long as it is not known. */
  status(): number;
};

type SkipBody = (text: string) => Progress;

const headCharsMost = 16 * 1024;
const withoutBody = new Set([204, 304]);

export function readAnswer(): AnswerReader {
  let head = "";
  let status = 0;
  let skipBody: SkipBody | undefined;

  function takeHead(text: string): Progress {
    head += text;
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return head.length > headCharsMost ? "spoilt" : "more";
    const first = /^HTTP\/1\.[01] (\d{3})/.exec(head);
    if (first === null) return "spoilt";
    const rest = head.slice(end + 4);
    head = head.slice(0, end + 2);
    const isInterim = first[1]?.startsWith("1") === true;
    if (isInterim) head = "";
    if (isInterim) return takeHead(rest);
    status = Number(first[1]);
    skipBody = bodyOf(head, status);
    return skipBody(rest);
  }

  return {
    take: (text) => (skipBody === undefined ? takeHead(text) : skipBody(text)),
    status: () => status,
  };
}

function bodyOf(head: string, status: number): SkipBody {
  const skip = skipByHead(head, status);
  const isLast = /\r\nconnection:[^\r]*\bclose\b/i.test(head) || !head.startsWith("HTTP/1.1");
  return isLast ? (text) => (skip(text) === "more" ? "more" : "spoilt") : skip;
}

function skipByHead(head: string, status: number): SkipBody {
  if (withoutBody.has(status)) return skipLength(0);
  if (/\r\ntransfer-encoding:[^\r]*\bchunked\b/i.test(head)) return skipChunks();
  const length = /\r\ncontent-length:[ \t]*(\d+)[ \t]*\r/i.exec(head)?.[1];
  // It ends with the connection.
  return length === undefined ? () => "more" : skipLength(Number(length));
}

function skipLength(length: number): SkipBody {
  let left = length;
  return (text) => {
    left -= text.length;
    if (left > 0) return "more";
    return left === 0 ? "over" : "spoilt";
  };
}

/** Each chunk behind a line with its length; behind an empty one perhaps more headers, and an empty line. */
function skipChunks(): SkipBody {
  let text = "";
  let skip = 0;
  let isTrailer = false;

  function takeLine(line: string): Progress {
    if (isTrailer) return line === "" ? "over" : "more";
    const size = /^[0-9a-f]{1,12}(?=[ \t]*(;|$))/i.exec(line)?.[0];
    if (size === undefined) return "spoilt";
    isTrailer = /^0+$/.test(size);
    if (!isTrailer) skip = Number.parseInt(size, 16) + 2;
    return "more";
  }

  return (piece) => {
    text += piece;
    for (;;) {
      const skipped = Math.min(skip, text.length);
      skip -= skipped;
      text = text.slice(skipped);
      const end = text.indexOf("\r\n");
      if (end === -1) return text.length > headCharsMost ? "spoilt" : "more";
      const progress = takeLine(text.slice(0, end));
      text = text.slice(end + 2);
      if (progress === "over" && text !== "") return "spoilt";
      if (progress !== "more") return progress;
    }
  };
}
