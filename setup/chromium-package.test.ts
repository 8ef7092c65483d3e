import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { chromiumAdvice, ensureChromium, findChromium } from "./chromium-package.mjs";

const bare = { path: undefined, isRoot: false, hasApt: true, isUbuntu: false, platform: "linux" } as const;

test("root installs it on Debian; others hear what to do, and it is never a reason not to begin", async () => {
  expect(chromiumAdvice({ ...bare, isRoot: true })).toBe("install");
  expect(chromiumAdvice({ ...bare, isRoot: true, isUbuntu: true })).toMatch(/its path in CHROMIUM/);
  expect(chromiumAdvice({ ...bare, hasApt: false, platform: "darwin" })).toMatch(/brew install/);
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => said.mockRestore());
  await ensureChromium(bare);
  expect(said).toHaveBeenCalledWith(
    expect.stringContaining("as root run: apt-get install -y --no-install-recommends chromium"),
  );
});

test("one that is there is taken, the chosen one before others", () => {
  const path = findChromium();
  expect(path).toMatch(/chrom/i);
  expect(chromiumAdvice({ ...bare, path, isRoot: true })).toBe("ready");
  expect(findChromium({ CHROMIUM: "/opt/chrome" })).toBe("/opt/chrome");
  expect(findChromium({ PATH: fileURLToPath(new URL("./", import.meta.url)) })).not.toBe(path);
});
