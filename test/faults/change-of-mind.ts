import { randomUUID } from "node:crypto";
import { insist, type Shopping } from "./admission.ts";
import type { Asked } from "./client.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { type Asking, seatsOf, seatsProblem, type ToldBooking } from "./told-booking.ts";

/** Gives some seats back, now and then all but none: that is refused. */
export async function giveBack(shopping: Shopping, told: ToldBooking, random: SeededRandom): Promise<void> {
  const all = told.seats.map(({ position }) => position);
  const positions = random.chance(0.1) ? all : all.slice(random.between(1, all.length));
  if (positions.length === 0) return;
  for (const position of positions) told.givenBack.set(position, "asked");
  const answered = await ask(shopping, told, "release", "/release", { body: { positions } });
  if (answered === undefined) return;
  const isDone = answered.status === 200;
  for (const position of positions)
    if (isDone) told.givenBack.set(position, "done");
    else told.givenBack.delete(position);
  const problem = isDone ? seatsProblem(told, seatsOf(answered.body), positions) : undefined;
  if (problem !== undefined) shopping.records.fail(problem);
}

export async function cancel(shopping: Shopping, told: ToldBooking): Promise<void> {
  told.cancelled = "asked";
  const answered = await ask(shopping, told, "cancel", "", { method: "DELETE" });
  told.cancelled = asking(answered?.status);
  if (told.cancelled === "done" && answered?.body.status !== "cancelled")
    shopping.records.fail(`booking ${told.id} was cancelled and then told as ${answered?.body.status}`);
}

export async function putOff(shopping: Shopping, told: ToldBooking): Promise<void> {
  told.putOff = "asked";
  const key = randomUUID();
  const answered = await ask(shopping, told, "extension", "/extension", { method: "POST", key });
  told.putOff = asking(answered?.status);
  if (told.putOff !== "done") return;
  const deadlineMs = Date.parse(answered?.body.deadline ?? "");
  if (deadlineMs > told.deadlineMs) told.deadlineMs = deadlineMs;
  else
    shopping.records.fail(
      `booking ${told.id} was put off to ${answered?.body.deadline}, and was there before`,
    );
}

function ask(shopping: Shopping, told: ToldBooking, name: string, path: string, asked: Asked) {
  return insist(shopping, name, `/v1/bookings/${told.id}${path}`, { ...asked, token: told.token });
}

/** A refusal is certain too: what an unanswered try had done before, the next one is told. */
function asking(status: number | undefined): Asking {
  if (status === undefined) return "asked";
  return status === 200 ? "done" : "no";
}
