import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { insist, type Shopping } from "./admission.ts";
import { cancel, giveBack, putOff } from "./change-of-mind.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { ToldBooking } from "./told-booking.ts";

/** What becomes of a booking. */
export type Ending = (typeof endings)[number];

export const endings = [
  "paid",
  "paid",
  "paid with copies",
  "paid late",
  "declined",
  "abandoned",
  "abandoned",
  "started twice",
  "cancelled",
  "cancelled while paying",
  "fewer and paid",
  "fewer and abandoned",
  "fewer while paying",
  "put off and paid late",
  "put off and abandoned",
] as const;

export async function endBooking(
  shopping: Shopping,
  event: OnsaleEvent,
  told: ToldBooking,
  ending: Ending,
  random: SeededRandom,
): Promise<void> {
  await changeMind(shopping, told, ending, random);
  if (ending === "cancelled" || ending.endsWith("abandoned")) return;
  const delayMs = random.between(0, 3_000);
  const payUrl = await startPayments(shopping, told, ending === "started twice" ? 2 : 1);
  if (payUrl === undefined) return;
  if (ending === "cancelled while paying") await cancel(shopping, told);
  if (ending === "fewer while paying") await giveBack(shopping, told, random);
  if (ending.endsWith("late")) await untilLate(event, told, random);
  const copies = ending === "paid with copies" ? 4 : 1;
  await decide(payUrl, ending === "declined" ? "decline" : "approve", { copies, delayMs });
  if (ending !== "declined") told.approved = true;
}

async function changeMind(
  shopping: Shopping,
  told: ToldBooking,
  ending: Ending,
  random: SeededRandom,
): Promise<void> {
  if (ending === "cancelled") return cancel(shopping, told);
  if (ending === "fewer and paid" || ending === "fewer and abandoned")
    return giveBack(shopping, told, random);
  if (ending.startsWith("put off")) return putOff(shopping, told);
}

/** Around the end of the time for paying, as the event or the booking has it. */
async function untilLate(event: OnsaleEvent, told: ToldBooking, random: SeededRandom): Promise<void> {
  const aboutMs = random.between(-500, 1_500);
  const leftMs = told.putOff === "done" ? told.deadlineMs - Date.now() : event.paymentWindowMs;
  await pause(Math.max(0, leftMs + aboutMs));
}

async function startPayments(
  shopping: Shopping,
  told: ToldBooking,
  times: number,
): Promise<string | undefined> {
  const path = `/v1/bookings/${told.id}/payments`;
  const start = () => insist(shopping, "pay", path, { method: "POST", token: told.token, key: randomUUID() });
  const [payment] = await Promise.all(Array.from({ length: times }, start));
  return payment?.body.payUrl ?? undefined;
}

/** As the buyer at the provider's page. */
async function decide(
  payUrl: string,
  decision: "approve" | "decline",
  { copies, delayMs }: { copies: number; delayMs: number },
): Promise<void> {
  const headers = { "sandbox-webhook-copies": `${copies}`, "sandbox-webhook-delay-ms": `${delayMs}` };
  const answer = await fetch(`${payUrl}/${decision}`, { method: "POST", redirect: "manual", headers });
  if (answer.status !== 303) throw new Error(`the payment page answered ${answer.status}`);
}
