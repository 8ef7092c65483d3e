import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type ServerMessage, serverMessageSchema } from "../gateway/room/room-messages.ts";
import { ask, join, openGuest, openSession } from "./attacks/attacker.ts";
import { type AttackedSite, portOf, startSite } from "./attacks/site.ts";
import { waitFor } from "./harness/wait-for.ts";

let site: AttackedSite;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

/** Hears the room as a page does, at one of the gateways. */
function listen(gateway: string, eventId: string, token: string): ServerMessage[] {
  const address = `ws://127.0.0.1:${portOf(gateway)}/v1/events/${eventId}/room`;
  const socket = new WebSocket(address, ["onsale.v1", `bearer.${token}`]);
  onTestFinished(() => socket.close());
  const messages: ServerMessage[] = [];
  socket.onmessage = ({ data }) => messages.push(serverMessageSchema.parse(JSON.parse(String(data))));
  return messages;
}

test("an operator's change is heard on every gateway within two seconds, holds for turns, and is written down", async () => {
  const [first, second] = site.gateways;
  const event = await site.openEvent({ cap: 1 });
  const path = `/v1/admin/events/${event.id}/room`;
  const operator = await openSession(first, await site.openAccount("organiser"));
  const guest = await openGuest(first);
  const heard = [listen(first, event.id, guest.token), listen(second, event.id, guest.token)];
  await waitFor(() => heard.every((messages) => messages.some(({ type }) => type === "standing")), {
    what: "both sockets",
  });

  for (const [changes, state] of [
    [{ paused: true }, "paused"],
    [{ paused: false, cap: 5 }, "open"],
  ] as const) {
    const changedAtMs = Date.now();
    const changed = await ask(first, path, { method: "PATCH", token: operator.token, body: changes });
    expect(changed).toMatchObject({ status: 200, body: { settings: changes } });
    await waitFor(
      () =>
        heard.every((messages) =>
          messages.some((message) => message.type === "tick" && message.state === state),
        ),
      { what: state, withinMs: 5_000 },
    );
    expect(Date.now() - changedAtMs).toBeLessThan(2_000);
    for (const messages of heard) messages.length = 0;
  }

  // The new cap holds: three come in where there was room for one.
  const guests = await Promise.all([1, 2, 3].map(() => openGuest(second)));
  for (const one of guests) expect((await join(second, event, one)).status).toBe(201);
  const passes = `/v1/events/${event.id}/passes`;
  await waitFor(
    async () => {
      const taken = await Promise.all(
        guests.map(({ token }) => ask(second, passes, { method: "POST", token, body: {} })),
      );
      return taken.every(({ status }) => status === 201);
    },
    { what: "three passes", withinMs: 10_000 },
  );

  const audit = await ask(second, `/v1/admin/events/${event.id}/audit`, { token: operator.token });
  expect(JSON.stringify(audit.body)).toContain('"cap":5');
});
