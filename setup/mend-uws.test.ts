import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mendFile, mendForThisMachine } from "./mend-uws.mjs";

const shipped = fileURLToPath(new URL("../node_modules/uWebSockets.js/", import.meta.url));
/** Of the other architecture: this machine's own may be mended already. */
const binary = process.arch === "x64" ? "uws_linux_arm64_137.node" : "uws_linux_x64_137.node";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "onsale-mend-"));
  copyFileSync(join(shipped, binary), join(folder, binary));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("after the set-up the project's Node loads uWebSockets.js on this machine", () => {
  mendForThisMachine(shipped);
  const script = "require('uWebSockets.js').App(); process.stdout.write('loaded')";
  expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8", cwd: shipped })).toBe("loaded");
});

test("the names and the version that an old glibc lacks are gone, and only the file itself is there", () => {
  expect(mendFile(folder, binary)).toBe("mended");
  const symbols = dynamicSymbols(join(folder, binary));
  expect(symbols).toContain("strtol");
  expect(symbols.filter((name) => name.startsWith("__isoc23_"))).toEqual([]);
  expect(readdirSync(folder)).toEqual([binary]);
});

test("a mended binary is left as it is", () => {
  mendFile(folder, binary);
  const mended = readFileSync(join(folder, binary));
  expect(mendFile(folder, binary)).toBe("done");
  expect(readFileSync(join(folder, binary)).equals(mended)).toBe(true);
});

test("a binary with one other byte is refused with its hash, and not changed", () => {
  const tampered = readFileSync(join(folder, binary));
  tampered.writeUInt8(tampered.readUInt8(5_000) ^ 1, 5_000);
  writeFileSync(join(folder, binary), tampered);
  expect(() => mendFile(folder, binary)).toThrow(/not the file that was expected \(SHA-256 [0-9a-f]{64}\)/);
  expect(readFileSync(join(folder, binary)).equals(tampered)).toBe(true);
});

test("a binary for which no mend is known is refused with what to do instead", () => {
  expect(() => mendFile(folder, "uws_linux_x64_141.node")).toThrow(/glibc 2.38/);
});

/** Read without the code under test: names lie one after another in the string table of a dynamic symbol table. */
function dynamicSymbols(path: string): string[] {
  const elf = readFileSync(path);
  const sections = Array.from({ length: elf.readUInt16LE(60) }, (_, index) => {
    const at = Number(elf.readBigUInt64LE(40)) + index * elf.readUInt16LE(58);
    const wide = (offset: number) => Number(elf.readBigUInt64LE(at + offset));
    return {
      type: elf.readUInt32LE(at + 4),
      offset: wide(24),
      size: wide(32),
      link: elf.readUInt32LE(at + 40),
    };
  });
  const symbols = sections.find((section) => section.type === 11);
  const names = sections[symbols?.link ?? 0];
  if (symbols === undefined || names === undefined) throw new Error("no dynamic symbols");
  return Array.from({ length: symbols.size / 24 }, (_, index) => {
    const start = names.offset + elf.readUInt32LE(symbols.offset + index * 24);
    return elf.toString("latin1", start, elf.indexOf(0, start));
  });
}
