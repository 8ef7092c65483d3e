import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import { clientAddress } from "../guard/client-address.ts";
import type { Runtime } from "../runtime.ts";

/** The headers that the gateway reads; everything else of a request is never looked at. */
export type RequestHeaders = {
  authorization: string | undefined;
  pass: string | undefined;
  receipt: string | undefined;
  /** What shows that the sender has the device's key. */
  deviceProof: string | undefined;
  forwardedFor: string | undefined;
  idempotencyKey: string | undefined;
  contentType: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  ifNoneMatch: string | undefined;
  acceptEncoding: string | undefined;
  acceptLanguage: string | undefined;
  sandboxSignature: string | undefined;
  stripeSignature: string | undefined;
  /** Whether one of these came twice: two readers could take a different one. */
  doubled: boolean;
};

type HeaderField = Exclude<keyof RequestHeaders, "doubled">;

export const headerNames = {
  authorization: "authorization",
  pass: "onsale-pass",
  receipt: "onsale-receipt",
  deviceProof: "dpop",
  forwardedFor: "x-forwarded-for",
  idempotencyKey: "idempotency-key",
  contentType: "content-type",
  contentLength: "content-length",
  transferEncoding: "transfer-encoding",
  ifNoneMatch: "if-none-match",
  acceptEncoding: "accept-encoding",
  acceptLanguage: "accept-language",
  sandboxSignature: "sandbox-signature",
  stripeSignature: "stripe-signature",
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
    // These may come in several lines, which count as one, in their order.
    if (isList(field) && headers[field] !== undefined) headers[field] += `,${value}`;
    else {
      if (headers[field] !== undefined) headers.doubled = true;
      headers[field] = value;
    }
  });
  return headers;
}

const isList = (field: HeaderField) =>
  field === "forwardedFor" || field === "acceptEncoding" || field === "acceptLanguage";

function noHeaders(): RequestHeaders {
  return {
    authorization: undefined,
    pass: undefined,
    receipt: undefined,
    deviceProof: undefined,
    forwardedFor: undefined,
    idempotencyKey: undefined,
    contentType: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    ifNoneMatch: undefined,
    acceptEncoding: undefined,
    acceptLanguage: undefined,
    sandboxSignature: undefined,
    stripeSignature: undefined,
    doubled: false,
  };
}

/** Whose request this is, as far as our own proxies can tell. To be asked while the exchange is open. */
export function addressOf(
  { services: { trustedProxies } }: Pick<Runtime, "services">,
  res: HttpResponse,
  { forwardedFor }: RequestHeaders,
): string {
  const socketAddress = Buffer.from(res.getRemoteAddressAsText()).toString("latin1");
  return clientAddress({ socketAddress, forwardedFor, trustedProxies });
}
