import { afterAll, beforeAll, expect, test } from "vitest";
import { takeUpForgotten } from "./forgotten-messages.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
});
afterAll(() => here.close());

const inAnHour = { now: () => Date.now() + 3_600_000 };

test("a message whose job has given up is settled all the same, and one whose job may still run is left to it", async () => {
  const booking = await here.book();
  const { body } = here.webhook(await here.startPayment(booking));
  await here.shop.pool.query(
    "insert into webhook_inbox (id, provider, provider_event_id, body) values (gen_random_uuid(), 'sandbox', 'evt_forgotten', $1)",
    [body.toString()],
  );
  expect(await takeUpForgotten(here.till)).toBe(0);
  expect(await here.statusOf(booking)).toBe("pending_payment");
  expect(await takeUpForgotten({ ...here.till, clock: inAnHour })).toBe(1);
  await here.becomes(booking, "paid");
  expect(await takeUpForgotten({ ...here.till, clock: inAnHour })).toBe(0);
});
