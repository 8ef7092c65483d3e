import { expect, test } from "vitest";
import type { Door } from "../booking-core/doors/scan.ts";
import { type ScanId, uuidFromParts } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import { routes } from "./routes.ts";
import { problemOf, send } from "./test-client.ts";
import { eventId, hourMs, testBuyer, testOperator, testTokens, tokenOf, unknownId } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testServices } from "./test-services.ts";
import { testDoor, testTicketServices } from "./test-tickets.ts";

const { doors, checkIns } = testTicketServices;
const tokenOfDoor = (endsInMs = hourMs) => testTokens.sign("door", testDoor, Date.now() + endsInMs);
const token = tokenOfDoor();
const path = `/v1/events/${eventId}/check-ins`;
const scan = { scanId: uuidFromParts("scan"), code: "OT1:CODE" };
const scannedAt = "2027-01-15T08:00:00.000Z";

test.each([
  ["a buyer's token", tokenOf(testBuyer()), "token_invalid"],
  ["an operator's token", tokenOf(testOperator()), "token_invalid"],
  ["a door's token that has ended", tokenOfDoor(-1_000), "token_invalid"],
  ["garbage", "x", "token_invalid"],
  ["nothing", undefined, "token_missing"],
])("the API of doors is closed to %s", async (_, given, code) => {
  const gateway = await startTestGateway();
  const sent = { method: "POST", json: scan, ...(given === undefined ? {} : { token: given }) };
  expect(problemOf(await send(gateway, path, sent))).toMatchObject({ status: 401, code });
});

test("a door's token is for its event, and for nothing else", async () => {
  const gateway = await startTestGateway();
  const elsewhere = `/v1/events/${unknownId}/check-ins`;
  const refused = await send(gateway, elsewhere, { method: "POST", token, json: scan });
  expect(problemOf(refused)).toMatchObject({ status: 403, code: "forbidden" });
  for (const { access, method, path: pattern } of routes.filter((route) =>
    /buyer|operator/.test(route.access),
  )) {
    const address = pattern.replace(/:[a-zA-Z]+/g, unknownId);
    const answered = await send(gateway, address, { method: method.toUpperCase(), token });
    expect([access, address, problemOf(answered).code]).toEqual([access, address, "token_invalid"]);
  }
});

test("the token of a door that was closed is refused, whether memory or Postgres knows it", async () => {
  const answers: (Door | undefined | Promise<Door | undefined>)[] = [
    testDoor,
    undefined,
    Promise.resolve(undefined),
  ];
  const gateway = await startTestGateway({ doors: { ...doors, open: () => answers.shift() } });
  const sent = { method: "POST", token, json: scan };
  expect((await send(gateway, path, sent)).status).toBe(200);
  for (let count = 0; count < 2; count += 1)
    expect(problemOf(await send(gateway, path, sent)).code).toBe("token_invalid");
});

test("a scan is answered with what it means", async () => {
  const ticketId = uuidFromParts("ticket") as never;
  const gateway = await startTestGateway({
    checkIns: {
      ...checkIns,
      scan: async () => ({ result: "used", ticketId, used: { atMs: Date.parse(scannedAt), door: "South" } }),
    },
  });
  const { body } = await send(gateway, path, { method: "POST", token, json: scan });
  expect(body).toEqual({
    scanId: scan.scanId,
    result: "used",
    ticketId,
    used: { at: scannedAt, door: "South" },
  });
});

test.each(["", " ", "a\nb", "a\u0000b", "\u202eeast", "x".repeat(101)])(
  "a door is not called %j",
  async (name) => {
    const gateway = await startTestGateway();
    const sent = { method: "POST", token: tokenOf(testOperator()), json: { name } };
    const refused = problemOf(await send(gateway, `/v1/admin/events/${eventId}/doors`, sent));
    expect(refused).toMatchObject({ code: "invalid_request", problems: [{ path: "name" }] });
  },
);

test("the id of another scan is refused; in a batch it is told of that scan alone", async () => {
  const gateway = await startTestGateway({
    checkIns: {
      scan: async () => ({ result: "scan_id_reused" }),
      tell: async () => [{ result: "scan_id_reused" }, { result: "unknown", ticketId: null, used: null }],
    },
  });
  const refused = await send(gateway, path, { method: "POST", token, json: scan });
  expect(problemOf(refused)).toMatchObject({ status: 409, code: "scan_id_reused" });
  const scans = ["1", "2"].map((part) => ({ ...scan, scanId: uuidFromParts("scan", part), scannedAt }));
  const { body } = await send(gateway, `${path}/batch`, { method: "POST", token, json: { scans } });
  expect(body).toMatchObject({ checkIns: [{ result: "scan_id_reused" }, { result: "unknown" }] });
});

test("a batch of the most scans fits, and one more does not", async () => {
  const gateway = await startTestGateway();
  const scansOf = (count: number) => ({
    scans: Array.from({ length: count }, (_, place) => ({
      scanId: uuidFromParts("scan", String(place)) as ScanId,
      code: "OT1:".padEnd(151, "X"),
      scannedAt,
    })),
  });
  const { scansPerBatch } = limits.doors;
  const tell = (json: object) => send(gateway, `${path}/batch`, { method: "POST", token, json });
  expect((await tell(scansOf(scansPerBatch))).status).toBe(200);
  expect(problemOf(await tell(scansOf(scansPerBatch + 1))).code).toBe("invalid_request");
  const twice = { scans: [...scansOf(1).scans, ...scansOf(1).scans] };
  expect(problemOf(await tell(twice)).code).toBe("invalid_request");
});

test("the list is asked for in pages, and only with what its answers gave", async () => {
  const asked: unknown[] = [];
  const gateway = await startTestGateway({
    doorList: async (request) => {
      asked.push(request);
      return { tickets: [], next: unknownId as never, asOfMs: Date.parse(scannedAt) };
    },
  });
  const list = `/v1/events/${eventId}/door-list`;
  const { body } = await send(gateway, list, { token });
  expect(body).toEqual({ tickets: [], next: unknownId, asOf: scannedAt });
  await send(gateway, `${list}?cursor=${unknownId}&since=${scannedAt}`, { token });
  const whole = { eventId, after: undefined, changedSinceMs: undefined };
  expect(asked).toEqual([whole, { eventId, after: unknownId, changedSinceMs: Date.parse(scannedAt) }]);
  expect(problemOf(await send(gateway, `${list}?cursor=x`, { token })).code).toBe("invalid_request");
});

test("an operator makes, lists and closes doors; a buyer does not", async () => {
  const gateway = await startTestGateway();
  const admin = `/v1/admin/events/${eventId}/doors`;
  const operator = tokenOf(testOperator());
  const made = await send(gateway, admin, { method: "POST", token: operator, json: { name: " North " } });
  expect(made).toMatchObject({ status: 201, body: { name: "North", token: "token" } });
  expect((await send(gateway, admin, { token: operator })).body).toMatchObject({
    doors: [{ scans: 2, admitted: 1 }],
  });
  const one = `${admin}/${testDoor.doorId}`;
  expect((await send(gateway, one, { method: "DELETE", token: operator })).status).toBe(204);
  for (const [address, method] of [
    [admin, "POST"],
    [admin, "GET"],
    [one, "DELETE"],
  ] as const)
    expect(problemOf(await send(gateway, address, { method, token: tokenOf(testBuyer()) })).code).toBe(
      "forbidden",
    );
});

test("the doors of an event that is not there are not found", async () => {
  const { roomStore } = testServices({} as never, {} as never);
  const gateway = await startTestGateway({ roomStore: { ...roomStore, find: async () => undefined } });
  const asked = { token: tokenOf(testOperator()) };
  const refused = await send(gateway, `/v1/admin/events/${unknownId}/doors`, asked);
  expect(problemOf(refused)).toMatchObject({ status: 404, code: "not_found" });
});

test.each(["", "\u0007", "x".repeat(101)])("%j is no name of a door", async (name) => {
  const gateway = await startTestGateway();
  const sent = { method: "POST", token: tokenOf(testOperator()), json: { name } };
  expect(problemOf(await send(gateway, `/v1/admin/events/${eventId}/doors`, sent)).code).toBe(
    "invalid_request",
  );
});
