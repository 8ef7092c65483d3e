import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { noteAddresses } from "../launch/data-folder.ts";
import { runningConfig } from "./running-config.ts";

test("commands find the servers of `npm start` and its address by its data folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "onsale-addresses-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  noteAddresses(folder, {
    ...{ DATABASE_URL: "postgres://onsale@127.0.0.1:1/onsale", REDIS_URL: "redis://127.0.0.1:2" },
    ...{ PUBLIC_URL: "http://127.0.0.1:9000", SANDBOX_API_KEY: "not for everybody" },
  });
  const { DATABASE_URL, PUBLIC_URL, SANDBOX_API_KEY } = runningConfig(folder, {});
  expect(DATABASE_URL).toBe("postgres://onsale@127.0.0.1:1/onsale");
  expect(PUBLIC_URL).toBe("http://127.0.0.1:9000");
  expect(SANDBOX_API_KEY).not.toBe("not for everybody");
});
