import { createDueQueue } from "./due-queue.ts";
import { openPostConnection, type PostConnection, type Posting } from "./post-connection.ts";

export type Headers = Readonly<Record<string, string>>;

export type PosterSettings = {
  readonly url: string;
  /** Of every request. */
  readonly headers: Headers;
  readonly connectionsMost: number;
  readonly answerMs: number;
};

export type Poster = {
  /** The answer's status; 0 where the server was not reached, or silent. */
  post(body: string, headers: Headers): Promise<number>;
  close(): void;
};

/** How exactly the time for an answer is kept: one timer looks at all requests. */
const looksPerAnswer = 10;

/** Posts by plain http on a bounded number of connections that stay open; what finds none free waits in order. */
export function createPoster({ url, headers, connectionsMost, answerMs }: PosterSettings): Poster {
  const { hostname, port } = new URL(url);
  const head = headOf(new URL(url), headers);
  const open = new Set<PostConnection>();
  const free: PostConnection[] = [];
  const waiting = createDueQueue<Posting>();
  let looking: NodeJS.Timeout | undefined;
  let isClosed = false;

  function connectFor(posting: Posting): void {
    const connection = openPostConnection({
      ...{ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) },
      onFree,
      onClosed,
    });
    open.add(connection);
    connection.send(posting);
  }

  function onFree(connection: PostConnection): void {
    const next = waiting.take();
    if (next === undefined) free.push(connection);
    else connection.send(next);
  }

  function onClosed(connection: PostConnection, unheard: Posting | undefined): void {
    open.delete(connection);
    const place = free.indexOf(connection);
    if (place !== -1) free.splice(place, 1);
    const next = unheard ?? waiting.take();
    if (next !== undefined) connectFor(next);
  }

  function send(posting: Posting): void {
    const connection = free.pop();
    if (connection?.isOpen() === true) connection.send(posting);
    else if (open.size < connectionsMost) connectFor(posting);
    else waiting.push(posting);
  }

  function look(): void {
    const atMs = performance.now() - answerMs;
    for (const connection of open) connection.endIfSilentSince(atMs);
    if (open.size > free.length) return;
    clearInterval(looking);
    looking = undefined;
  }

  return {
    post(body, own) {
      if (isClosed) return Promise.resolve(0);
      looking ??= setInterval(look, answerMs / looksPerAnswer);
      const text = `${head}${linesOf(own)}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      return new Promise((end) => send({ text, end }));
    },
    close() {
      isClosed = true;
      clearInterval(looking);
      for (let posting = waiting.take(); posting !== undefined; posting = waiting.take()) posting.end(0);
      for (const connection of open) connection.close();
    },
  };
}

function headOf({ host, pathname, search, username, password }: URL, headers: Headers): string {
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    user === ":" ? {} : { authorization: `Basic ${Buffer.from(user).toString("base64")}` };
  return `POST ${pathname}${search} HTTP/1.1\r\n${linesOf({ host, ...authorization, ...headers })}`;
}

function linesOf(headers: Headers): string {
  let lines = "";
  for (const name in headers) lines += `${name}: ${headers[name]}\r\n`;
  return lines;
}
