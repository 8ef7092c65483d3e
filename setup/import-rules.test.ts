import { describe, expect, test } from "vitest";
import { forbiddenImports, importCycles } from "./import-rules.ts";
import { readSources } from "./sources.ts";

const file = (path: string, ...imports: string[]) => ({
  path,
  text: imports.map((to) => `import { x } from "${to}";\n`).join(""),
});

describe("an import is found out", () => {
  test.each([
    ["of Postgres by the room", file("queue-admission/rooms.ts", "../foundation/postgres/pool.ts")],
    ["of pg by the room", file("queue-admission/rooms.ts", "pg")],
    [
      "of Redis by the ledger",
      file("booking-core/ledger/record-transfer.ts", "../../foundation/redis/connect.ts"),
    ],
    ["of SQL by the gateway", file("gateway/server.ts", "../foundation/postgres/pool.ts")],
    ["of Redis by the gateway", file("gateway/server.ts", "ioredis")],
    ["of the gateway by the core", file("booking-core/bookings/bookings.ts", "../../gateway/server.ts")],
    ["of the room by the core", file("booking-core/bookings/bookings.ts", "../../queue-admission/rooms.ts")],
    ["of the core by the foundation", file("foundation/config.ts", "../booking-core/events/event.ts")],
    ["of the composition by a part", file("gateway/server.ts", "../app/core.ts")],
    ["of ours by the outside world", file("outside/payment-sandbox/books.ts", "../../foundation/ids.ts")],
    ["of a test's support by the product", file("gateway/server.ts", "./test-gateway.ts")],
    ["from a folder that nobody has thought of", file("extras/thing.ts", "node:fs")],
  ])("%s", (_what, source) => {
    expect(forbiddenImports([source])).toHaveLength(1);
  });

  test("but what measures may use what serves tests", () => {
    const source = file("loadtest/room/loss.ts", "../../queue-admission/test-records.ts");
    expect(forbiddenImports([source])).toEqual([]);
  });

  test("also over several lines and as a type", () => {
    const text = 'import type {\n  Pool,\n} from "../foundation/postgres/pool.ts";\n';
    expect(forbiddenImports([{ path: "gateway/server.ts", text }])).toEqual([
      "gateway/server.ts may not import foundation/postgres/pool.ts",
    ]);
  });

  test("in a circle, however long", () => {
    const circle = [file("app/a.ts", "./b.ts"), file("app/b.ts", "./c.ts"), file("app/c.ts", "./a.ts")];
    expect(importCycles(circle)).toEqual(["a cycle of imports: app/a.ts → app/b.ts → app/c.ts → app/a.ts"]);
  });
});

test("the project keeps its own rules", () => {
  const sources = readSources(".ts");
  expect(sources.length).toBeGreaterThan(100);
  expect([...forbiddenImports(sources), ...importCycles(sources)]).toEqual([]);
});
