import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { type ErrorCode, errorTable } from "../foundation/errors.ts";
import type { EventId } from "../foundation/ids.ts";
import { liveText } from "./docs/live-text.ts";
import {
  clientMessageSchema,
  roomPath,
  serverMessageSchema,
  streamPath,
  subprotocol,
} from "./room/room-messages.ts";
import { type Access, type AnswerShapes, type Route, takesBody } from "./route.ts";
import { routes } from "./routes.ts";
import { liveMessageSchema, livePath } from "./seat-map/live-messages.ts";
import { idSchema } from "./wire/id.ts";
import { problemSchema } from "./wire/problem.ts";

export type OpenApiDocument = ReturnType<typeof createDocument>;
type Responses = ZodOpenApiOperationObject["responses"];

const errorsOfAll: ErrorCode[] = ["malformed_request", "busy", "unavailable", "internal"];
const errorsOfBodies: ErrorCode[] = [
  "malformed_json",
  "invalid_request",
  "unsupported_media_type",
  "body_too_large",
  "body_too_slow",
];
const errorsOfTokens: ErrorCode[] = [
  "token_missing",
  "token_invalid",
  "device_proof_missing",
  "device_proof_wrong",
];
const errorsOfAccess: Record<Access, ErrorCode[]> = {
  public: [],
  buyer: errorsOfTokens,
  pass: [...errorsOfTokens, "pass_missing", "pass_invalid"],
  operator: [...errorsOfTokens, "forbidden"],
  door: ["token_missing", "token_invalid", "forbidden"],
  admin: [...errorsOfTokens, "forbidden"],
  webhook: ["body_too_large", "body_too_slow"],
};
type Security = Record<string, string[]>[];
/** A session that is bound to a device proves so with each request. */
const securityOfBuyers: Security = [{ buyerToken: [] }, { buyerToken: [], deviceProof: [] }];
const securityOfAccess: Record<Access, Security> = {
  public: [],
  buyer: securityOfBuyers,
  pass: securityOfBuyers.map((security) => ({ ...security, pass: [] })),
  operator: securityOfBuyers,
  door: [{ doorToken: [] }],
  admin: securityOfBuyers,
  webhook: [{ sandboxSignature: [] }, { stripeSignature: [] }],
};

/** The document of what `routes` serves, from the schemas that validate it. */
export function openApiDocument(publicUrl: string): OpenApiDocument {
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Onsale",
      version: "1",
      description: `A waiting room and ticket booking. Money is whole minor units, times are RFC 3339 in UTC, every error is problem details (RFC 9457) with a \`code\`; the codes: ${publicUrl}/docs/errors.`,
    },
    servers: [{ url: publicUrl }],
    paths: {
      ...pathsOf(routes),
      [openApiPath(roomPath)]: { get: roomOperation },
      [openApiPath(streamPath)]: { get: streamOperation },
      [openApiPath(livePath)]: { get: liveOperation },
    },
    components: {
      securitySchemes,
      schemas: {
        RoomServerMessage: serverMessageSchema,
        RoomClientMessage: clientMessageSchema,
        SeatsLiveMessage: liveMessageSchema,
      },
    },
  });
}

const deviceProofText = [
  "Needed where the session was opened with a `DPoP` header (RFC 9449), and new for each request: a JWT, signed with the device's key.",
  '- header: `typ` = "dpop+jwt", `alg` = "ES256", `jwk` = the public key (P-256), the same that opened the session',
  '- `htm`: the method, such as "POST"',
  "- `htu`: the address without its query: this server's public address and the path; with http or https for the WebSocket too",
  "- `iat`: now, in seconds: at most 60 s ago and 5 s ahead by the server's clock",
  "- `jti`: 1 to 64 characters of your own, used once",
  "- `ath`: the SHA-256 of the token in base64url without padding; left out where there is no token: on opening the session",
].join("\n");

const securitySchemes = {
  buyerToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "`Authorization: Bearer TOKEN`; `Authorization: DPoP TOKEN` means the same.",
  },
  doorToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "What `POST /v1/admin/events/{eventId}/doors` answered for the device of a door.",
  },
  deviceProof: { type: "apiKey", in: "header", name: "DPoP", description: deviceProofText },
  pass: { type: "apiKey", in: "header", name: "Onsale-Pass" },
  sandboxSignature: { type: "apiKey", in: "header", name: "Sandbox-Signature" },
  stripeSignature: { type: "apiKey", in: "header", name: "Stripe-Signature" },
} as const;

function pathsOf(all: readonly Route[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of all) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return paths;
}

export function openApiPath(path: string): string {
  return path.replace(/:([a-zA-Z]+)/g, "{$1}");
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  return {
    operationId: route.name,
    summary: route.summary,
    security: securityOfAccess[route.access],
    requestParams: {
      path: route.params as z.ZodObject,
      ...(route.query === undefined ? {} : { query: route.query as z.ZodObject }),
      ...(route.idempotent ? { header: idempotencyHeader } : {}),
      ...(route.name === "openSession" ? { header: openingProofHeader } : {}),
    },
    ...requestBodyOf(route),
    responses: { ...problemResponses(errorsOf(route)), ...answersOf(route.answers) },
  };
}

const idempotencyHeader = z.object({
  "Idempotency-Key": z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,128}$/)
    .meta({ description: "A key of your own, new for each thing you mean; the same key repeats the same." }),
});

const openingProofHeader = z.object({
  DPoP: z.string().optional().meta({
    description:
      "Binds the session to the key that signed it: see the security scheme `deviceProof`; without `ath`.",
  }),
});

const errorsOfRoom: ErrorCode[] = [
  ...errorsOfAll,
  ...errorsOfAccess.buyer,
  "forbidden",
  "not_found",
  "too_many_requests",
];
const roomParams = { path: z.object({ eventId: idSchema<EventId>("The event.") }) };

/** OpenAPI has no words for sockets: the upgrade is an operation; what is said is in the AsyncAPI document. */
const roomOperation: ZodOpenApiOperationObject = {
  operationId: "openRoom",
  summary: `The event's waiting room as a WebSocket (\`${subprotocol}\`).`,
  description: `The token comes as \`Authorization\`, or from browsers as the second subprotocol: \`${subprotocol}, bearer.TOKEN\`; a receipt as \`receipt.RECEIPT\`, the proof of a device as \`dpop.PROOF\`. The messages: \`/v1/asyncapi.json\`.`,
  security: securityOfBuyers,
  requestParams: roomParams,
  responses: {
    "101": { description: "The room is open." },
    ...problemResponses([...errorsOfRoom, "upgrade_required"]),
  },
};

const streamOperation: ZodOpenApiOperationObject = {
  operationId: "streamRoom",
  summary: "The same messages as server-sent events, for those without WebSocket.",
  description:
    "Each `data` line is a `RoomServerMessage`. A receipt may come as `Onsale-Receipt`. The messages: `/v1/asyncapi.json`.",
  security: securityOfBuyers,
  requestParams: roomParams,
  responses: {
    "200": { description: "The stream.", content: { "text/event-stream": { schema: serverMessageSchema } } },
    ...problemResponses(errorsOfRoom),
  },
};

const liveOperation: ZodOpenApiOperationObject = {
  operationId: "openSeats",
  summary: "How the seats of an event change: a WebSocket where one is asked for, else server-sent events.",
  description: `${liveText}\n\nThe messages: \`/v1/asyncapi.json\`.`,
  security: [],
  requestParams: {
    ...roomParams,
    query: z.object({
      sections: z.string().optional().meta({ description: "Ids of sections, by comma; without, all." }),
    }),
  },
  responses: {
    "101": { description: "The WebSocket is open." },
    "200": { description: "The stream.", content: { "text/event-stream": { schema: liveMessageSchema } } },
    ...problemResponses([...errorsOfAll, "invalid_request", "forbidden", "not_found", "too_many_requests"]),
  },
};

function requestBodyOf(route: Route): Pick<ZodOpenApiOperationObject, "requestBody"> {
  if (!takesBody(route)) return {};
  const required = !route.body.safeParse(undefined).success;
  return { requestBody: { required, content: { "application/json": { schema: route.body } } } };
}

function answersOf(answers: AnswerShapes): Responses {
  const responses: Responses = {};
  for (const [status, shape] of Object.entries(answers))
    responses[status as "200"] = { description: shape.description, ...contentOf(shape) };
  return responses;
}

function contentOf({ json, type }: AnswerShapes[number]) {
  if (json !== null) return { content: { "application/json": { schema: json } } };
  return type === undefined ? {} : { content: { [type]: {} } };
}

function problemResponses(codes: readonly ErrorCode[]): Responses {
  const responses: Responses = {};
  for (const [status, ofStatus] of Map.groupBy(codes, (code) => errorTable[code].status)) {
    const description = ofStatus.map((code) => `\`${code}\`: ${errorTable[code].title}`).join(" ");
    const content = { "application/problem+json": { schema: problemSchema } };
    responses[String(status) as "400"] = { description, content };
  }
  return responses;
}

/** Every code that the route can answer. */
export function errorsOf(route: Route): ErrorCode[] {
  const codes = new Set([...route.refusals, ...errorsOfAll, ...errorsOfAccess[route.access]]);
  if (takesBody(route) && route.access !== "webhook") for (const code of errorsOfBodies) codes.add(code);
  if (route.path.includes(":") || route.query !== undefined) codes.add("invalid_request");
  if (route.limitedBy !== undefined) codes.add("too_many_requests");
  if (route.idempotent)
    for (const code of ["idempotency_key_missing", "invalid_request"] as const) codes.add(code);
  return [...codes];
}
