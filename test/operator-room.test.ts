import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, hearRoom, join, openGuest, openSession } from "./attacks/attacker.ts";
import { type AttackedSite, startSite } from "./attacks/site.ts";
import { waitFor } from "./harness/wait-for.ts";

let site: AttackedSite;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

test("an operator's change is heard on every gateway within two seconds, holds for turns, and is written down", async () => {
  const [first, second] = site.gateways;
  const event = await site.openEvent({ cap: 1 });
  const path = `/v1/admin/events/${event.id}/room`;
  const operator = await openSession(first, await site.openAccount("organiser"));
  const guest = await openGuest(first);
  const heard = [hearRoom(first, event.id, guest.token), hearRoom(second, event.id, guest.token)];
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
