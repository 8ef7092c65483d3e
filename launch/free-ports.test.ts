import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { clusterPorts, freeClusterPort, freePort, freePortRow, portTrouble } from "./free-ports.ts";

const chance = vi.spyOn(Math, "random");
afterEach(() => void chance.mockReset());

test("a port that was chosen is chosen by nobody else, though no server listens at it yet", async () => {
  const chosen = await freePort();
  expect(await portTrouble(chosen)).toBeUndefined();
  expect(await isKept(chosen)).toBe(true);
  chanceNames(chosen);
  expect(await freePort()).not.toBe(chosen);
});

test("a row and the pair of a cluster's node are kept whole", async () => {
  const first = await freePortRow(3);
  for (const port of [first, first + 1, first + 2]) expect(await isKept(port)).toBe(true);
  const node = await freeClusterPort();
  for (const distance of clusterPorts) expect(await isKept(node + distance)).toBe(true);
});

test("of a row that cannot be had whole nothing is kept", async () => {
  const [chosen, count] = [await freePort(), 2];
  chanceNames(chosen - 1, count);
  expect(await freePortRow(count)).not.toBe(chosen - 1);
  expect(await isKept(chosen - 1)).toBe(false);
});

/** The first port that is tried next. */
function chanceNames(port: number, rowCount = 0): void {
  chance.mockReturnValueOnce((port - 10_000 + 0.5) / (22_000 - rowCount));
}

async function isKept(port: number): Promise<boolean> {
  const socket = createSocket("udp4").bind({ port, address: "127.0.0.1", exclusive: true });
  try {
    await once(socket, "listening");
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: "EADDRINUSE" });
    return true;
  } finally {
    socket.close();
  }
}
