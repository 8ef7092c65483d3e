import type { HttpRequest } from "uWebSockets.js";

/** The headers that the gateway reads; everything else of a request is never looked at. */
export type RequestHeaders = {
  authorization: string | undefined;
  pass: string | undefined;
  idempotencyKey: string | undefined;
  contentType: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  ifNoneMatch: string | undefined;
  webhookSignature: string | undefined;
  /** Whether one of these came twice: two readers could take a different one. */
  doubled: boolean;
};

type HeaderField = Exclude<keyof RequestHeaders, "doubled">;

export const headerNames = {
  authorization: "authorization",
  pass: "onsale-pass",
  idempotencyKey: "idempotency-key",
  contentType: "content-type",
  contentLength: "content-length",
  transferEncoding: "transfer-encoding",
  ifNoneMatch: "if-none-match",
  webhookSignature: "sandbox-signature",
} as const satisfies Record<HeaderField, string>;

const fieldOfHeader = new Map<string, HeaderField>(
  Object.entries(headerNames).map(([field, name]) => [name, field as HeaderField]),
);

/** Copies what is needed while `req` lives: it dies when the handler returns. */
export function readHeaders(req: HttpRequest): RequestHeaders {
  const headers = noHeaders();
  req.forEach((name, value) => {
    const field = fieldOfHeader.get(name);
    if (field === undefined) return;
    if (headers[field] !== undefined) headers.doubled = true;
    headers[field] = value;
  });
  return headers;
}

function noHeaders(): RequestHeaders {
  return {
    authorization: undefined,
    pass: undefined,
    idempotencyKey: undefined,
    contentType: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    ifNoneMatch: undefined,
    webhookSignature: undefined,
    doubled: false,
  };
}
