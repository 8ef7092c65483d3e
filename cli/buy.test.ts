import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { EventId, SectionId } from "../foundation/ids.ts";
import type { GatewayServices } from "../gateway/services.ts";
import { passOf, testBuyer } from "../gateway/test-data.ts";
import { startTestGateway } from "../gateway/test-gateway.ts";
import type { RoomsOfEvents } from "../queue-admission/room.ts";

const script = fileURLToPath(new URL("./buy.ts", import.meta.url));
const endsAtMs = 1_900_000_000_000;

async function buy(...args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output, trouble };
}

/** Everybody who comes has the turn at once, and each section has so many free seats. */
async function openGateway(free: number) {
  const turn = { outcome: "turn", lane: "general", number: 1, deadlineMs: endsAtMs } as const;
  const rooms = {
    join: async () => ({ outcome: "joined", standing: turn, receipt: "receipt", fresh: true }),
    standing: async () => turn,
    hereAgain: async () => turn,
    takeTurn: async () => ({
      ...{ outcome: "admitted", pass: passOf(testBuyer()), passNumber: 1 },
      ...{ endsAtMs, renewalsLeft: 1 },
    }),
    leave: async () => "left",
  } as unknown as RoomsOfEvents;
  const picture = { version: 7, epoch: 1, free: [free], held: [0], seats: Buffer.from("00000") };
  const watchOf = (eventId: EventId, sectionId: SectionId) => ({
    ...{ eventId, sectionId, picture: () => picture },
    ...{ isCurrent: () => true, isOpen: () => true, listen: () => () => {} },
  });
  const sectionWatches: GatewayServices["sectionWatches"] = {
    open: async (eventId, sectionId) => watchOf(eventId, sectionId),
    known: () => undefined,
  };
  return startTestGateway({ rooms, sectionWatches });
}

test("who fails inside is out again at once, with what does not fit", async () => {
  const { url } = await openGateway(500);
  const { code, output, trouble } = await buy("--url", url, "--quantity", "20");
  expect(code).toBe(1);
  expect(output).toContain("inside");
  expect(trouble).toContain("answered 422");
  expect(trouble).toMatch(/wishes\S*: .*10/);
});

test("seats that are not there are told with what to do", async () => {
  const { url } = await openGateway(3);
  const { code, trouble } = await buy("--url", url, "--quantity", "4", "--section", "Section seated");
  expect(code).toBe(1);
  expect(trouble).toContain(
    '4 seats are not free in "Section seated". Ask for fewer with --quantity, or for another section with --section.',
  );
});

test("a section that is not there is told before anybody waits for a turn", async () => {
  const { url } = await openGateway(3);
  const { code, output, trouble } = await buy("--url", url, "--section", "Nope");
  expect(code).toBe(1);
  expect(output).not.toContain("session");
  expect(trouble).toContain('no section "Nope". Name one of "Section seated", "Section standing".');
});

test.each(["0", "x", "1.5", "-1"])("%s is no quantity", async (quantity) => {
  const { code, output, trouble } = await buy("--quantity", quantity);
  expect([code, output]).toEqual([1, ""]);
  expect(trouble).toContain("It is a whole number, 1 or more.");
});

test("the running system is found by its data folder, and one that is not there is named", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onsale-buy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { port } = await openGateway(0);
  writeFileSync(join(folder, "addresses.json"), JSON.stringify({ HTTP_PORT: String(port) }));
  expect((await buy("--data", folder)).output).toContain("inside");
  const away = await buy("--url", "http://127.0.0.1:1");
  expect(away.code).toBe(1);
  expect(away.trouble).toMatch(/http:\/\/127.0.0.1:1 gave no answer .*Start it with npm start/);
});
