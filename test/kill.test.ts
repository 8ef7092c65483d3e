import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiProblem, createApiClient, type EventAnswer } from "../cli/api-client.ts";
import { loadConfig } from "../foundation/config.ts";
import { type BuyerId, type EventId, identityFrom, uuidSource } from "../foundation/ids.ts";
import { createTokens } from "../foundation/tokens.ts";
import { freePortRow } from "../launch/free-ports.ts";
import { type Launched, launchOnsale } from "./harness/launched.ts";

let folder: string;
let port: number;
let launched: Launched | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "onsale-kill-"));
  port = await freePortRow(4);
});
afterEach(async () => {
  await launched?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const root = fileURLToPath(new URL("../", import.meta.url));
const tokens = createTokens(loadConfig({}).TOKEN_SECRET);

/** A buyer who is inside already: the room is another test's matter. */
function admittedBuyer(event: EventAnswer) {
  const buyerId = uuidSource.next<BuyerId>();
  const identity = identityFrom("guest", buyerId);
  const endsAtMs = Date.now() + 600_000;
  const email = `${buyerId}@onsale.example`;
  const token = tokens.sign(
    "buyer",
    { buyerId, identity, email, guest: true, verified: false, role: "buyer" },
    endsAtMs,
  );
  const place = { lane: "general", entry: 1, number: 1, joinedAtMs: 0 };
  const eventId = event.id as EventId;
  const pass = tokens.sign(
    "pass",
    { eventId, buyerId, identity, passNumber: 1, incarnation: 1, place },
    endsAtMs,
  );
  return { token, pass, key: randomUUID() };
}

/** Every process that was started for this folder, from the launcher to the last backend of Postgres. */
function processesOf(launcher: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended while the list was read.
    }
  }
  const found = [launcher];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/** One that has ended since the list was read is as dead as it should be. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

test("after kill -9 of the whole server in the middle of 500 bookings, every answered booking is there and verify is clean", {
  timeout: 90_000,
}, async () => {
  launched = await launchOnsale(port, folder);
  const api = createApiClient(launched.url);
  const event = await api.event((await api.events()).events[0]?.id ?? "");
  const answered: { id: string; token: string }[] = [];
  let killed: Promise<void> | undefined;
  const killAll = async (running: Launched) => {
    for (const pid of processesOf(running.pid)) kill(pid);
    await running.ended;
  };
  const failures: unknown[] = [];
  let begun = 0;
  const book = async (index: number) => {
    const who = admittedBuyer(event);
    const sectionId = event.sections[index % event.sections.length]?.id ?? "";
    const wishes = [{ mode: "best-available", sectionId, quantity: 2 }];
    const booking = await api.book(event.id, { wishes }, who);
    answered.push({ id: booking.id, token: who.token });
    if (answered.length === 150 && launched !== undefined) killed = killAll(launched);
  };
  // Fifty at a time, so that the kill meets some of them on every step of their way.
  const buyer = async () => {
    while (begun < 500) {
      begun += 1;
      await book(begun).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: 50 }, buyer));
  await killed;
  expect(answered.length).toBeGreaterThanOrEqual(150);
  expect(failures.length).toBeGreaterThan(0);
  // Cut connections, and no answer that says no.
  for (const failure of failures) expect(failure).not.toBeInstanceOf(ApiProblem);

  launched = await launchOnsale(port, folder);
  for (const { id, token } of answered) expect((await api.booking(id, token)).status).toBe("pending_payment");
  const verified = execFileSync(process.execPath, [`${root}cli/onsale.ts`, "verify", "--data", folder], {
    encoding: "utf8",
  });
  expect(verified).not.toContain("FAIL");
});
