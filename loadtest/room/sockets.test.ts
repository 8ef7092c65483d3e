import { expect, test } from "vitest";
import { runSuite } from "../bench/suite.ts";
import { startBareServer } from "./bare-server.ts";
import { createSocketsPart } from "./sockets.ts";

test("the tiny version opens 200 sockets at two servers and holds one against the other", async () => {
  const said: string[] = [];
  const suite = { name: "room", description: "", parts: [createSocketsPart(() => startBareServer())] };
  const run = { tiny: true, folder: "", say: (line: string) => said.push(line) };
  const { figures, broken } = await runSuite(suite, suite.parts, run);
  expect(broken).toEqual([]);
  expect(said.filter((line) => line.includes("200 sockets open"))).toHaveLength(2);
  const judged = figures.filter((figure) => figure.bar !== null);
  expect(judged.map((figure) => figure.name)).toEqual([
    "memory per socket",
    "tick reaches the last (worst)",
    "CPU per tick",
  ]);
  // Speed and size mean nothing in a run this small.
  expect(judged.map((figure) => figure.holds)).toEqual([null, null, null]);
});
