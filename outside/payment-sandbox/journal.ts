import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import type { Entry } from "./entries.ts";

export type Journal = {
  /** What belongs together is one line: after a crash all of it is there, or nothing. */
  append(...entries: Entry[]): void;
  /** What a crash may take: it goes to the disk with what comes next, or soon. */
  appendLoosely(...entries: Entry[]): void;
  /** Resolves when everything that was appended until now is on disk. */
  flushed(): Promise<void>;
  close(): void;
};

const chunkBytes = 1024 * 1024;
const newline = 0x0a;
const looseMs = 200;

/**
 * What happened, in order, in a file. `onEntry` gets what is there already; the half-written last line of a crash is
 * cut off. What is appended while the disk is busy goes to it together.
 */
export function openJournal(folder: string, onEntry: (entry: Entry) => void): Journal {
  mkdirSync(folder, { recursive: true });
  const file = openSync(`${folder}/journal.jsonl`, "a+");
  const completeBytes = readLines(file, (line) => {
    for (const entry of JSON.parse(line) as Entry[]) onEntry(entry);
  });
  // Else the next entry would stand on the cut line and be lost with it.
  ftruncateSync(file, completeBytes);
  return writer(file);
}

function writer(file: number): Journal {
  let lines: string[] = [];
  let onItsWay: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let soon: NodeJS.Timeout | undefined;

  function push(together: readonly Entry[]): void {
    lines.push(`${JSON.stringify(together)}\n`);
  }

  function flushNext(): void {
    next ??= (onItsWay ?? new Promise<void>((resolve) => setImmediate(resolve))).then(flush);
  }

  function writeLines(): void {
    const text = lines.join("");
    lines = [];
    clearTimeout(soon);
    soon = undefined;
    if (text !== "") writeSync(file, text);
  }

  async function flush(): Promise<void> {
    onItsWay = next;
    next = undefined;
    writeLines();
    await sync(file);
    onItsWay = undefined;
  }

  return {
    append(...together) {
      push(together);
      flushNext();
    },
    appendLoosely(...together) {
      push(together);
      soon ??= setTimeout(flushNext, looseMs);
    },
    flushed: () => next ?? onItsWay ?? Promise.resolve(),
    close() {
      writeLines();
      fdatasyncSync(file);
      closeSync(file);
    },
  };
}

function sync(file: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())));
}

/** The bytes up to the end of the last whole line. */
function readLines(file: number, onLine: (line: string) => void): number {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest = Buffer.alloc(0);
  let position = 0;
  for (;;) {
    const bytes = readSync(file, chunk, 0, chunkBytes, position);
    if (bytes === 0) return position - rest.length;
    position += bytes;
    rest = takeLines(Buffer.concat([rest, chunk.subarray(0, bytes)]), onLine);
  }
}

function takeLines(bytes: Buffer, onLine: (line: string) => void): Buffer<ArrayBuffer> {
  let start = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    if (end > start) onLine(bytes.toString("utf8", start, end));
    start = end + 1;
  }
  return Buffer.from(bytes.subarray(start));
}
