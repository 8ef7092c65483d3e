import { expect, test } from "vitest";
import { routes } from "./routes.ts";
import type { GatewayServices } from "./services.ts";
import { problemOf, send } from "./test-client.ts";
import { testBuyer, testOperator, tokenOf, unknownId } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testServices } from "./test-services.ts";

const admin = { ...testOperator(), role: "admin" } as const;
const token = tokenOf(admin);
const { stuckWork, notificationLog } = testServices({} as never, {} as never);

test("what is about the whole house is closed to organisers and buyers", async () => {
  const gateway = await startTestGateway();
  const closed = routes.filter(({ access }) => access === "admin");
  expect(closed.length).toBeGreaterThan(8);
  for (const { method, path } of closed) {
    const address = path.replace(/:[a-zA-Z]+/g, unknownId);
    for (const buyer of [testBuyer(), testOperator()]) {
      const refused = await send(gateway, address, { method: method.toUpperCase(), token: tokenOf(buyer) });
      expect(problemOf(refused), address).toMatchObject({ status: 403, code: "forbidden" });
    }
    expect((await send(gateway, address, { method: method.toUpperCase() })).status).toBe(401);
  }
});

test("the notification log is read with filters, in pages", async () => {
  const asked: unknown[] = [];
  const gateway = await startTestGateway({
    notificationLog: {
      ...notificationLog,
      list: (request) => {
        asked.push(request);
        return notificationLog.list(request);
      },
    },
  });
  const first = await send(gateway, "/v1/admin/notifications", { token });
  expect(first.body).toMatchObject({
    items: [
      {
        status: "failed",
        recipient: "a@b.example",
        attempts: 3,
        lastError: "550 no such user",
        sentAt: null,
      },
    ],
  });
  const { next } = first.body as { next: string };
  const query = `status=failed&bookingId=${unknownId}&recipient=Ada@Example.org&limit=5&cursor=${next}`;
  await send(gateway, `/v1/admin/notifications?${query}`, { token });
  expect(asked[1]).toMatchObject({
    ...{ status: "failed", bookingId: unknownId, recipient: "ada@example.org", limit: 5 },
    after: { createdAtUs: 7n },
  });
  for (const wrong of ["status=lost", "bookingId=1", "recipient=nobody", "cursor=x", "limit=101"]) {
    const refused = await send(gateway, `/v1/admin/notifications?${wrong}`, { token });
    expect(problemOf(refused), wrong).toMatchObject({ code: "invalid_request" });
  }
});

test.each([
  ["notifications", "failed"],
  ["dead-letters", "no mail server"],
  ["webhooks?status=parked", "the payment is not ours"],
  ["payments?status=parked", "wrong_amount"],
  ["refunds?status=pending", "the provider refuses"],
])("an admin sees %s", async (path, words) => {
  const gateway = await startTestGateway();
  const seen = await send(gateway, `/v1/admin/${path}`, { token });
  expect(seen.status).toBe(200);
  expect(JSON.stringify(seen.body)).toContain(words);
});

const actions = [
  ["POST", `notifications/${unknownId}/resend`, 202],
  ["POST", `notifications/${unknownId}/dismiss`, 204],
  ["POST", `dead-letters/${unknownId}/retry`, 202],
  ["DELETE", `dead-letters/${unknownId}`, 204],
  ["POST", `webhooks/${unknownId}/replay`, 202],
  ["POST", `webhooks/${unknownId}/dismiss`, 204],
  ["POST", `refunds/${unknownId}/retry`, 202],
] as const;

test.each(actions)("%s %s is done under the name of who asked", async (method, path, status) => {
  const actors: string[] = [];
  const gateway = await startTestGateway(refusing((email) => actors.push(email), "done"));
  expect((await send(gateway, `/v1/admin/${path}`, { method, token })).status).toBe(status);
  expect(actors).toEqual([admin.email]);
});

test.each(actions)("%s %s of what nothing holds up is refused", async (method, path) => {
  const gateway = await startTestGateway(refusing(() => undefined, "not_stuck"));
  const refused = await send(gateway, `/v1/admin/${path}`, { method, token });
  expect(problemOf(refused)).toMatchObject({ status: 409, code: "not_stuck" });
});

/** Every action tells who asked, and comes to the same. */
function refusing(tell: (email: string) => void, outcome: "done" | "not_stuck"): Partial<GatewayServices> {
  const act = async ({ email }: { email: string }) => {
    tell(email);
    return outcome;
  };
  return {
    notificationLog: {
      ...notificationLog,
      resend: async (actor) => ((await act(actor)) === "done" ? "queued" : "not_stuck"),
      dismiss: async (actor) => ((await act(actor)) === "done" ? "dismissed" : "not_stuck"),
    },
    stuckWork: {
      ...stuckWork,
      ...{
        retryDeadLetter: act,
        dismissDeadLetter: act,
        replayWebhook: act,
        dismissWebhook: act,
        retryRefund: act,
      },
    },
  };
}

const metricsOf = (gateway: Awaited<ReturnType<typeof startTestGateway>>) =>
  fetch(`${gateway.url}/metrics`, {
    headers: { authorization: `Bearer ${testServices({} as never, {} as never).metricsToken}` },
  }).then((answer) => answer.text());

test("the metrics count what waits for people", async () => {
  const text = await metricsOf(await startTestGateway());
  for (const [kind, count] of [
    ["dead_letter", 1],
    ["parked_webhook", 2],
    ["parked_refund", 3],
    ["failed_email", 4],
    ["parked_payment", 5],
  ])
    expect(text).toContain(`\nonsale_stuck{kind="${kind}"} ${count}\n`);
});

test("the other metrics are told while that cannot be counted", async () => {
  const counts = async () => {
    throw new Error("Postgres is away");
  };
  const text = await metricsOf(await startTestGateway({ stuckWork: { ...stuckWork, counts } }));
  expect(text).not.toContain("onsale_stuck{");
  expect(text).toContain("\nonsale_connections 0\n");
});
