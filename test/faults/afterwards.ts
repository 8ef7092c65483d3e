import { randomUUID } from "node:crypto";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { enter, insist, insistInside, openSession, type Shopping } from "./admission.ts";
import { holdsWithin } from "./poll.ts";
import type { Site } from "./site.ts";
import { givenBack, seatsOf, seatsProblem } from "./told-booking.ts";
import { bodyOf, keptBack } from "./wish.ts";

const ticketsWithinMs = 15_000;

/** A new buyer of each event, at each gateway: in, booked, paid, tickets. */
export async function buyAfterwards(site: Site, shopping: Shopping): Promise<string[]> {
  const buyers = site.events.flatMap((event) => site.gateways.map(({ url }) => ({ event, url })));
  const outcomes = await Promise.all(
    buyers.map(async ({ event, url }) => {
      const trouble = await buyWhole(event, { ...shopping, gateway: () => url });
      return trouble === undefined
        ? []
        : [`a new buyer of event ${event.id} at ${url} has no tickets: ${trouble}`];
    }),
  );
  return outcomes.flat();
}

/** Gives where it ended; nothing where the tickets are there. */
async function buyWhole(event: OnsaleEvent, shopping: Shopping): Promise<string | undefined> {
  const token = await openSession(shopping, `${randomUUID()}@onsale.example`);
  const admitted = token === undefined ? undefined : await enter(shopping, event.id, token);
  if (admitted === undefined) return "never let in";
  const sectionId = event.sections.find(({ name }) => name === keptBack)?.id ?? "";
  const body = bodyOf([{ sectionId, mode: "best-available", quantity: 2, fewer: false }]);
  const asked = { ...admitted, key: randomUUID(), body };
  const booked = await insist(shopping, "book", `/v1/events/${event.id}/bookings`, asked);
  if (booked?.status !== 201) return `the booking was answered ${booked?.status} ${booked?.code}`;
  const path = `/v1/bookings/${booked.body.id}`;
  const key = randomUUID();
  const payment = await insist(shopping, "pay", `${path}/payments`, {
    method: "POST",
    token: admitted.token,
    key,
  });
  if (typeof payment?.body.payUrl !== "string") return `the payment was answered ${payment?.status}`;
  await fetch(`${payment.body.payUrl}/approve`, { method: "POST", redirect: "manual" });
  const hasTickets = async () => {
    const shown = await insist(shopping, "booking", path, { token: admitted.token });
    return shown?.body.seats?.every(({ ticketId }) => ticketId !== null) ?? false;
  };
  return (await holdsWithin(ticketsWithinMs, hasTickets)) ? undefined : "no tickets";
}

/** Long after: each key once more, which must give its booking and nothing new. */
export async function repeatKeys(site: Site, shopping: Shopping, most: number): Promise<void> {
  const told = [...shopping.records.bookings.values()].slice(-most);
  for (const event of site.events) {
    for (const one of told.filter(({ eventId }) => eventId === event.id)) {
      const admitted = await enter(shopping, event.id, one.token);
      if (admitted === undefined) return shopping.records.fail("a buyer from before cannot come in again");
      const asked = { key: one.key, body: bodyOf(one.wishes) };
      const again = await insistInside(shopping, event.id, admitted, asked);
      if (again?.status !== 200 || again.body.id !== one.id)
        shopping.records.fail(
          `the key of booking ${one.id} now gives ${again?.status} ${again?.code} ${again?.body.id}`,
        );
      const problem = again && seatsProblem(one, seatsOf(again.body), givenBack(one));
      if (problem !== undefined) shopping.records.fail(problem);
    }
  }
}
