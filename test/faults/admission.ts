import { setTimeout as pause } from "node:timers/promises";
import type { Answered } from "./answers.ts";
import { type Asked, ask } from "./client.ts";
import type { Records } from "./records.ts";

export type Shopping = {
  readonly records: Records;
  /** One of the gateways' addresses: another one each time. */
  gateway(): string;
  /** Until when a buyer tries again. */
  readonly endsAtMs: () => number;
};

export type Admitted = { readonly token: string; readonly pass: string };

const againMs = 300;
const later = [429, 503];
const turnWithinMs = 15_000;

/** The same request until it is answered with something else than "later": what a patient buyer's page does. */
export async function insist(
  shopping: Shopping,
  name: string,
  path: string,
  asked: Asked = {},
): Promise<Answered | undefined> {
  while (Date.now() < shopping.endsAtMs()) {
    const answered = await ask(shopping.records, name, shopping.gateway() + path, asked);
    if (answered !== undefined && !later.includes(answered.status)) return answered;
    await pause(againMs);
  }
  return undefined;
}

export async function openSession(shopping: Shopping, email: string): Promise<string | undefined> {
  const opened = await insist(shopping, "session", "/v1/sessions", { body: { email } });
  return opened?.body.token;
}

/** Through the room, as everybody: joined, waited, taken up. */
export async function enter(
  shopping: Shopping,
  eventId: string,
  token: string,
): Promise<Admitted | undefined> {
  while (Date.now() < shopping.endsAtMs()) {
    await insist(shopping, "join", `/v1/events/${eventId}/places`, { method: "POST", token });
    if (!(await turnCame(shopping, eventId, token))) continue;
    const taken = await insist(shopping, "pass", `/v1/events/${eventId}/passes`, { method: "POST", token });
    if (taken?.body.pass !== undefined) return { token, pass: taken.body.pass };
    await pause(againMs);
  }
  return undefined;
}

/**
 * Books, and comes in again where the pass is refused: a Redis that was lost may have forgotten the pass, or that its
 * buyer had left.
 */
export async function insistInside(
  shopping: Shopping,
  eventId: string,
  admitted: Admitted,
  asked: Asked,
): Promise<Answered | undefined> {
  let inside: Admitted | undefined = admitted;
  while (inside !== undefined && Date.now() < shopping.endsAtMs()) {
    const path = `/v1/events/${eventId}/bookings`;
    const answered = await insist(shopping, "book", path, { ...asked, ...inside });
    if (answered?.code !== "pass_invalid") return answered;
    inside = await enter(shopping, eventId, inside.token);
  }
  return undefined;
}

/** False where the place is gone, or its turn does not come: then it is joined again. */
async function turnCame(shopping: Shopping, eventId: string, token: string): Promise<boolean> {
  const deadline = Math.min(Date.now() + turnWithinMs, shopping.endsAtMs());
  while (Date.now() < deadline) {
    const asked = await insist(shopping, "standing", `/v1/events/${eventId}/places/mine`, { token });
    const outcome = asked?.body.standing?.outcome;
    if (outcome === "turn" || outcome === "inside") return true;
    if (asked === undefined || asked.status >= 400) return false;
    await pause(againMs);
  }
  return false;
}
