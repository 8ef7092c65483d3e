import { connect } from "node:net";
import { expect } from "vitest";
import { openApiPath } from "./openapi.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";
import type { TestGateway } from "./test-gateway.ts";
import { type Problem, problemSchema } from "./wire/problem.ts";

export type Received = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
};

export type Sent = {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly raw?: string | Buffer;
};

/** Sends one request; every answer is held against what the route's documentation promises. */
export async function send(gateway: TestGateway, path: string, sent: Sent = {}): Promise<Received> {
  const { method = "GET", token, json, raw, headers = {} } = sent;
  const body = json === undefined ? raw : JSON.stringify(json);
  const response = await fetch(gateway.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const received = { status: response.status, headers: response.headers, body: readBody(type, text) };
  holdAgainstSchema(method, path, received);
  return received;
}

function readBody(type: string, text: string): unknown {
  if (text === "") return undefined;
  return type.includes("json") ? JSON.parse(text) : text;
}

function holdAgainstSchema(method: string, path: string, { status, headers, body }: Received): void {
  expect(headers.get("request-id")).toMatch(/^[a-z0-9-]+$/);
  if (method === "HEAD") return;
  if (headers.get("content-type") === "application/problem+json") {
    expect(problemSchema.parse(body)).toMatchObject({ status, requestId: headers.get("request-id") });
    return;
  }
  const shape = routeOf(method, path)?.answers[status];
  if (shape?.json) expect(shape.json.parse(body)).toEqual(body);
}

export function routeOf(method: string, path: string): Route | undefined {
  return routes.find(
    (route) => route.method === method.toLowerCase() && patternOf(route.path).test(path.split("?")[0] ?? ""),
  );
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${openApiPath(path).replace(/\{[^}]+\}/g, "[^/]+")}$`);
}

/** The problem of an answer that must be one. */
export function problemOf({ headers, body }: Received): Problem {
  expect(headers.get("content-type")).toBe("application/problem+json");
  return problemSchema.parse(body);
}

/** Sends bytes as they are and gives all that comes back until the server closes or `until` is seen. */
export function sendRaw(gateway: Pick<TestGateway, "port">, text: string, until = /\0/): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = "";
  const socket = connect(gateway.port, "127.0.0.1", () => socket.write(text, "latin1"));
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk;
    if (until.test(received)) socket.destroy();
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => resolve(received));
  return promise;
}
