import type { RequestHeaders } from "./request-headers.ts";

/**
 * uWebSockets.js 20.57 takes two `Content-Length` (the first counts), an empty one (as 0), and any last word of
 * `Transfer-Encoding` (seen on the shipped binary, `framing.test.ts`). A proxy in front may read them otherwise
 * and then sees other requests than we do, so whatever is not plain is refused and its connection ends.
 */
export function framingProblem(headers: RequestHeaders, takesBody: boolean): string | undefined {
  const { contentLength, transferEncoding } = headers;
  if (headers.doubled) return "A header that counts came twice.";
  if (transferEncoding !== undefined && transferEncoding !== "chunked")
    return "The only transfer encoding is `chunked`.";
  if (transferEncoding !== undefined && contentLength !== undefined)
    return "A body has a length or is chunked, never both.";
  if (contentLength !== undefined && !/^\d{1,15}$/.test(contentLength))
    return "The content length is no number.";
  if (!takesBody && (transferEncoding !== undefined || Number(contentLength ?? 0) > 0))
    return "This route takes no body.";
  return undefined;
}
