import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { type DeviceKey, signDeviceProof } from "../../foundation/device-key.ts";
import { type ServerMessage, serverMessageSchema } from "../../gateway/room/room-messages.ts";
import { waitFor } from "../harness/wait-for.ts";
import { portOf, publicUrl } from "./site.ts";

/** Whatever can be sent with `fetch`; raw bytes are another file's matter. */
export type Asked = {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly pass?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The key of the device that makes a fresh proof for this very request. */
  readonly device?: DeviceKey | undefined;
};

export type Answered = {
  readonly status: number;
  /** Of the problem, or nothing where there is none. */
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly body: Body;
};

/** What the tests read of answers. */
type Body = {
  readonly [name: string]: unknown;
  readonly token: string;
  readonly buyerId: string;
  readonly receipt: string;
  readonly pass: string;
  readonly renewalsLeft: number;
  readonly challenge: string;
  readonly bits: number;
  readonly codes: readonly string[];
  readonly standing: { readonly outcome: string; readonly number: number; readonly lane: string };
};

export async function ask(gateway: string, path: string, asked: Asked = {}): Promise<Answered> {
  const { body } = asked;
  const response = await fetch(gateway + path, {
    method: asked.method ?? (body === undefined ? "GET" : "POST"),
    headers: headersOf(path, asked),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const read = (text === "" ? {} : JSON.parse(text)) as Body & { code?: string };
  return { status: response.status, code: read.code, headers: response.headers, body: read };
}

function headersOf(path: string, { method, token, pass, body, headers, device }: Asked) {
  const proof = device && proofOf(device, method ?? (body === undefined ? "GET" : "POST"), path, token);
  return {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(pass === undefined ? {} : { "onsale-pass": pass }),
    ...(proof === undefined ? {} : { dpop: proof }),
    ...headers,
  };
}

export function proofOf(
  device: DeviceKey,
  method: string,
  path: string,
  token?: string,
  nowMs = Date.now(),
): string {
  const accessToken = token === undefined ? {} : { accessToken: token };
  return signDeviceProof(device, { method, url: publicUrl + path, nowMs, ...accessToken });
}

/** Who has opened a session, with the key of the device where there is one. */
export type Buyer = {
  readonly token: string;
  readonly buyerId: string;
  readonly device?: DeviceKey | undefined;
};

export async function openGuest(gateway: string, device?: DeviceKey): Promise<Buyer> {
  return openSession(gateway, { email: `${randomUUID()}@onsale.example` }, device);
}

export async function openSession(gateway: string, body: object, device?: DeviceKey): Promise<Buyer> {
  const opened = await ask(gateway, "/v1/sessions", { body, device });
  if (opened.status !== 201) throw new Error(`no session: ${opened.status} ${opened.code}`);
  return { token: opened.body.token, buyerId: opened.body.buyerId, device };
}

type Event = Pick<OnsaleEvent, "id">;

export const places = ({ id }: Event) => `/v1/events/${id}/places`;
export const passes = ({ id }: Event) => `/v1/events/${id}/passes`;
export const bookings = ({ id }: Event) => `/v1/events/${id}/bookings`;

export function join(gateway: string, event: Event, buyer: Buyer, body: object = {}): Promise<Answered> {
  return ask(gateway, places(event), { ...buyer, body });
}

export function leave(gateway: string, event: Event, buyer: Buyer): Promise<Answered> {
  return ask(gateway, `${places(event)}/mine`, { ...buyer, method: "DELETE" });
}

export function standingOf(gateway: string, event: Event, buyer: Buyer): Promise<Answered> {
  return ask(gateway, `${places(event)}/mine`, buyer);
}

export function takeTurn(gateway: string, event: Event, buyer: Buyer): Promise<Answered> {
  return ask(gateway, passes(event), { ...buyer, method: "POST" });
}

export function renew(gateway: string, event: Event, buyer: Buyer, pass: string): Promise<Answered> {
  return ask(gateway, `${passes(event)}/mine/renewals`, { ...buyer, pass, method: "POST" });
}

export function turnOf(gateway: string, event: Event, buyer: Buyer): Promise<Answered> {
  return waitFor(
    async () => {
      const standing = await standingOf(gateway, event, buyer);
      return standing.body.standing?.outcome === "turn" && standing;
    },
    { what: "the turn" },
  );
}

/** Joins, waits for the turn, and takes it up, as whoever plays by the rules does. */
export async function enter(
  gateway: string,
  event: Event,
  buyer: Buyer,
): Promise<{ pass: string; receipt: string }> {
  const joined = await join(gateway, event, buyer);
  await turnOf(gateway, event, buyer);
  const taken = await takeTurn(gateway, event, buyer);
  if (taken.status !== 201) throw new Error(`no pass: ${taken.status} ${taken.code}`);
  return { pass: taken.body.pass, receipt: joined.body.receipt };
}

export function book(
  gateway: string,
  event: OnsaleEvent,
  buyer: Buyer,
  pass: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  return ask(gateway, bookings(event), {
    ...buyer,
    pass,
    body: bookingWish(event),
    headers: { "idempotency-key": randomUUID(), ...headers },
  });
}

export function bookingWish(event: OnsaleEvent) {
  return { wishes: [{ mode: "best-available", sectionId: event.sections[0]?.id, quantity: 1 }] };
}

/** Hears the room at one of the gateways, as a page does: what it has heard so far. */
export function hearRoom(gateway: string, eventId: string, token: string): ServerMessage[] {
  const address = `ws://127.0.0.1:${portOf(gateway)}/v1/events/${eventId}/room`;
  const socket = new WebSocket(address, ["onsale.v1", `bearer.${token}`]);
  onTestFinished(() => socket.close());
  const messages: ServerMessage[] = [];
  socket.onmessage = ({ data }) => messages.push(serverMessageSchema.parse(JSON.parse(String(data))));
  return messages;
}
