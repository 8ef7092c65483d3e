import { chooseEncoding } from "../http/content-encoding.ts";
import { hasAlready } from "../http/etag.ts";
import type { RequestHeaders } from "../http/request-headers.ts";
import type { SharedText } from "../http/shared-text.ts";
import { reply } from "../route.ts";

/** The text in the encoding that the client takes, or nothing where it has it already. */
export async function answerShared(text: SharedText, headers: RequestHeaders, cacheControl: string) {
  const caching = { ETag: text.etag, "Cache-Control": cacheControl, Vary: "Accept-Encoding" };
  if (hasAlready(headers.ifNoneMatch, text.etag)) return reply(304, undefined, caching);
  const encoding = chooseEncoding(headers.acceptEncoding);
  const encoded = encoding === undefined ? {} : { "Content-Encoding": encoding };
  return { text: await text.bytes(encoding), headers: { ...caching, ...encoded } };
}
