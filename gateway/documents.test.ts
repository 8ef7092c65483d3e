import { expect, test } from "vitest";
import { errorTable } from "../foundation/errors.ts";
import { limits } from "../foundation/limits.ts";
import { asyncApiDocument } from "./asyncapi.ts";
import { openApiDocument, openApiPath } from "./openapi.ts";
import { byeReasons, serverMessages } from "./room/room-messages.ts";
import { takesBody } from "./route.ts";
import { routes } from "./routes.ts";
import { liveByeReasons, liveMessages, livePath } from "./seat-map/live-messages.ts";
import { send } from "./test-client.ts";
import { startTestGateway } from "./test-gateway.ts";
import { moneySchema, moneyView } from "./wire/money.ts";

type Node = { readonly [name: string]: unknown };
const document = JSON.parse(JSON.stringify(openApiDocument("https://onsale.example"))) as Node;

function at(pointer: string, root: Node = document): unknown {
  const names = pointer.replace(/^#\//, "").split("/");
  const found = names.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  return found.reduce<unknown>((node, name) => (node as Node | undefined)?.[name], root);
}

function* references(node: unknown): Generator<string> {
  if (typeof node !== "object" || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === "$ref") yield String(value);
    else yield* references(value);
  }
}

function operation(method: string, path: string): Node {
  return (at("#/paths") as Record<string, Node>)[openApiPath(path)]?.[method] as Node;
}

test("the document is OpenAPI 3.1 and every reference in it leads somewhere", () => {
  expect(document["openapi"]).toMatch(/^3\.1\./);
  const all = [...references(document)];
  expect(all.length).toBeGreaterThan(20);
  for (const reference of all) expect([reference, at(reference)]).toEqual([reference, expect.anything()]);
});

test.each(routes.map((route) => [route.name, route] as const))(
  "%s is documented as it is served",
  (_, route) => {
    const { operationId, responses, parameters, security, requestBody } = operation(route.method, route.path);
    expect(operationId).toBe(route.name);
    expect(Object.keys(responses as Node)).toEqual(expect.arrayContaining(Object.keys(route.answers)));
    for (const code of route.refusals)
      expect(Object.keys(responses as Node)).toContain(String(errorTable[code].status));
    const named = (parameters as { name: string; in: string }[]).filter((one) => one.in === "path");
    expect(named.map(({ name }) => `:${name}`)).toEqual(route.path.match(/:[a-zA-Z]+/g) ?? []);
    expect((security as unknown[]).length > 0).toBe(route.access !== "public");
    expect(requestBody !== undefined).toBe(takesBody(route));
  },
);

const asyncApi = JSON.parse(JSON.stringify(asyncApiDocument("https://onsale.example"))) as Node;

test("the protocols are an AsyncAPI 3 document whose references lead somewhere, with every message", () => {
  expect(asyncApi["asyncapi"]).toBe("3.0.0");
  const all = [...references(asyncApi)].filter((reference) => !reference.includes("$defs"));
  expect(all.length).toBeGreaterThan(20);
  for (const reference of all)
    expect([reference, at(reference, asyncApi)]).toEqual([reference, expect.anything()]);
  const { messages } = asyncApi["components"] as { messages: Node };
  expect(Object.keys(messages).toSorted()).toEqual(
    [
      ...Object.keys(serverMessages),
      "client",
      ...Object.keys(liveMessages).map((type) => `seats.${type}`),
    ].toSorted(),
  );
  for (const message of Object.values(messages))
    expect(message).toMatchObject({ summary: expect.any(String), payload: expect.any(Object) });
});

test("the protocol is served to programs and to people, the same for both", async () => {
  const gateway = await startTestGateway();
  expect((await send(gateway, "/v1/asyncapi.json")).body).toEqual(asyncApi);
  const page = String((await send(gateway, "/docs/room")).body);
  for (const name of [...Object.keys(serverMessages), "client"]) expect(page).toContain(`id="${name}"`);
  const text = page.replace(/<pre>.*?<\/pre>/gs, "");
  expect(text).toContain("<code>bearer.TOKEN</code>");
  expect(text).not.toMatch(/`|## /);
  expect(page).not.toMatch(/<script/);
});

test("the protocol says what a client says, brings, may and must do", () => {
  const { description } = asyncApi["info"] as { description: string };
  const brought = ["onsale.v1", "bearer.TOKEN", "receipt.RECEIPT", "dpop.PROOF", "Onsale-Receipt: RECEIPT"];
  const said = ['{"type":"standing"}', '{"type":"here"}', "1008", "60 messages a minute", "1024 bytes"];
  const comesBack = Object.keys(limits.socket.reconnect);
  for (const word of [...brought, ...said, ...byeReasons, ...comesBack]) expect(description).toContain(word);
  expect(description).toContain("https://onsale.example/v1/events/EVENT/room");
});

test("the protocol of live seats says how to follow, what ends it and how to come back", () => {
  const { description } = at("#/channels/seats", asyncApi) as { description: string };
  const follows = ["`sections`", "`seats`", "`from`", "`version`", "`reload`", "503 `busy`"];
  for (const word of [...follows, ...liveByeReasons, "`firstMs`", "`mostMs`", "`factor`"])
    expect(description).toContain(word);
  const { responses, security } = operation("get", livePath);
  expect(Object.keys(responses as Node)).toEqual(expect.arrayContaining(["101", "200", "429", "503"]));
  expect(security).toEqual([]);
});

test("a session can be bound to a device, and requests of such a session bring a proof", () => {
  const { parameters } = operation("post", "/v1/sessions");
  expect(parameters).toMatchObject([{ name: "DPoP", in: "header" }]);
  expect(operation("get", "/v1/events/:eventId/places/mine")["security"]).toContainEqual({
    buyerToken: [],
    deviceProof: [],
  });
  const { description } = at("#/components/securitySchemes/deviceProof") as { description: string };
  for (const claim of ["dpop+jwt", "ES256", "jwk", "htm", "htu", "iat", "jti", "ath"])
    expect(description).toContain(claim);
});

test("the room's socket is documented with its messages", () => {
  expect(operation("get", "/v1/events/:eventId/room")["responses"]).toHaveProperty("101");
  expect(at("#/components/schemas/RoomServerMessage")).toBeDefined();
  expect(at("#/components/schemas/RoomClientMessage")).toBeDefined();
});

test("the document is served with this gateway's address", async () => {
  const gateway = await startTestGateway();
  const { body, headers } = await send(gateway, "/v1/openapi.json");
  expect(headers.get("content-type")).toContain("application/json");
  expect(body).toEqual(document);
});

test("the page of the documentation loads everything from here and holds no script", async () => {
  const gateway = await startTestGateway();
  const page = await send(gateway, "/docs");
  const html = String(page.body);
  expect(page.headers.get("content-security-policy")).toMatch(/script-src 'self';/);
  expect(html).not.toMatch(/https?:|<script(?! src)/);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => String(match[1]));
  expect(addresses.length).toBeGreaterThan(3);
  for (const address of addresses) {
    const got = await send(gateway, address);
    expect([address, got.status]).toEqual([address, 200]);
  }
});

test("the type of every problem leads to a page that explains it", async () => {
  const gateway = await startTestGateway();
  const { body } = await send(gateway, "/docs/errors");
  for (const code of Object.keys(errorTable)) expect(String(body)).toContain(`id="${code}"`);
});

test("money is whole minor units; what a JSON number cannot hold is never rounded", () => {
  expect(moneyView({ amountMinor: 4_500n, currency: "EUR" })).toEqual({ amountMinor: 4500, currency: "EUR" });
  expect(() => moneyView({ amountMinor: 2n ** 53n, currency: "EUR" })).toThrow("too large");
  expect(moneySchema.safeParse({ amountMinor: 45.5, currency: "EUR" }).success).toBe(false);
});
