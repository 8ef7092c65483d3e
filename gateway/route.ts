import { z } from "zod";
import type { Door } from "../booking-core/doors/scan.ts";
import type { ErrorCode } from "../foundation/errors.ts";
import type { Guards, Limited } from "./guard/guards.ts";
import type { RequestHeaders } from "./http/request-headers.ts";
import type { RoomConnections } from "./room/room-connections.ts";
import type { Sheets } from "./seat-map/sheets.ts";
import type { Buyer, GatewayServices } from "./services.ts";
import type { Refusal } from "./wire/problem.ts";

/**
 * Who may call: anybody, a buyer, a buyer with a pass of the event, who runs events, who runs the house, the device of a
 * door of the event, or the payment provider with its signature.
 */
export type Access = "public" | "buyer" | "pass" | "operator" | "admin" | "door" | "webhook";
export type Method = "get" | "post" | "patch" | "delete";

/** `json: null` is an answer without a body, or one of another `type`. */
export type AnswerShape = {
  readonly description: string;
  readonly json: z.ZodType | null;
  readonly type?: string;
};
export type AnswerShapes = { readonly [status: number]: AnswerShape };

export type AnswerHeaders = { readonly [name: string]: string };

type AnswerOf<Shapes extends AnswerShapes> = {
  [Status in keyof Shapes & number]: {
    readonly status: Status;
    readonly headers?: AnswerHeaders;
  } & (Shapes[Status]["json"] extends z.ZodType
    ? { readonly body: z.input<Shapes[Status]["json"]> }
    : { readonly body?: undefined });
}[keyof Shapes & number];

export type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: AnswerHeaders };

/** What is text or bytes already, in the encoding that its headers say: JSON of status 200 where nothing else is said. */
export type TextAnswer = {
  readonly text: Uint8Array;
  readonly headers: AnswerHeaders;
  readonly type?: string;
  readonly textStatus?: number;
};

export type Call<Params, Body, Who extends Access, Query = unknown> = {
  readonly services: GatewayServices;
  readonly connections: RoomConnections;
  readonly guards: Guards;
  readonly sheets: Sheets;
  readonly params: Params;
  /** Nothing where the route takes none. */
  readonly query: Query;
  readonly body: Body;
  readonly headers: RequestHeaders;
  /** The bytes as they came. */
  readonly rawBody: Buffer;
  /**
   * Of the client, as far as our own proxies can tell. To be asked before anything is waited for: all clients that have
   * gone are the same unknown one.
   */
  readonly address: () => string;
  readonly door: Who extends "door" ? Door : undefined;
  readonly buyer: Who extends "buyer" | "pass" | "operator" | "admin" ? Buyer : undefined;
  /** The key of the device that the caller has shown to have. */
  readonly jkt: string | undefined;
};

export type RouteDefinition<
  Params extends z.ZodType,
  Body extends z.ZodType,
  Who extends Access,
  Shapes extends AnswerShapes,
  Query extends z.ZodType = z.ZodType,
> = {
  readonly name: string;
  readonly method: Method;
  /** `:name` stands for a parameter of `params`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly access: Who;
  /** How often one address may call it. */
  readonly limitedBy?: Limited;
  /** Whether a public route asks for the key of the caller's device; elsewhere a proof without a token is not read. */
  readonly asksForDevice?: true;
  readonly params: Params;
  /** Of strings; where it is left out, the query of the address is not read. */
  readonly query?: Query;
  readonly body: Body;
  /** How large a body may be, where it is not as everywhere. */
  readonly bodyBytes?: number;
  /** Whether the header `Idempotency-Key` must be there. */
  readonly idempotent: boolean;
  readonly answers: Shapes;
  /** The errors of its own; those that any route can answer are added where it is documented. */
  readonly refusals: readonly ErrorCode[];
  handle(
    call: Call<z.output<Params>, z.output<Body>, Who, z.output<Query>>,
  ): Promise<AnswerOf<Shapes> | TextAnswer | Refusal> | AnswerOf<Shapes> | Refusal;
};

export type Route = Omit<RouteDefinition<z.ZodType, z.ZodType, Access, AnswerShapes>, "handle"> & {
  // As a method, so that a route of particular parameters is a route.
  handle(call: Call<unknown, unknown, Access>): Promise<Answer | TextAnswer | Refusal> | Answer | Refusal;
};

/** Keeps the types of one route together: what `handle` gets and gives follows from the schemas. */
export function defineRoute<
  Params extends z.ZodType,
  Body extends z.ZodType,
  Who extends Access,
  const Shapes extends AnswerShapes,
  Query extends z.ZodType = z.ZodType,
>(
  definition: RouteDefinition<Params, Body, Who, Shapes, Query>,
): RouteDefinition<Params, Body, Who, Shapes, Query> {
  return definition;
}

/** An answer of a route; keeps the status a literal, by which the body is checked against its schema. */
export function reply<const Status extends number, Body>(
  status: Status,
  body: Body,
  headers: AnswerHeaders = {},
): { readonly status: Status; readonly body: Body; readonly headers: AnswerHeaders } {
  return { status, body, headers };
}

export const noParams = z.strictObject({});
/** Nothing, or an empty object from clients that cannot send nothing. */
export const noBody = z.strictObject({}).optional();

export function takesBody(route: Pick<Route, "method">): boolean {
  return route.method === "post" || route.method === "patch";
}

export function paramNames(path: string): string[] {
  return [...path.matchAll(/:([a-zA-Z]+)/g)].map((match) => match[1] as string);
}
