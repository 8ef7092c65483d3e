// The binaries of uWebSockets.js want glibc 2.38 for three functions that every glibc has under an older name
// (docs/adr/0004). On an older glibc this points them at the old names: in the dynamic symbol table the names
// lose their prefix `__isoc23_`, and the wanted version GLIBC_2.38 becomes the oldest one of the platform.
// It acts only where needed and refuses every file whose SHA-256 it does not know.
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { SetupError } from "./setup-error.mjs";

const wantedGlibc = 38;
const prefix = "__isoc23_";
const tooNewVersion = "GLIBC_2.38";

/** One entry per binary that can be mended: Node 24 (ABI 137) on Linux. */
export const knownBinaries = {
  "uws_linux_x64_137.node": {
    oldestVersion: "GLIBC_2.2.5",
    before: "98128405dba2fb608448e921a979530f70c946a2cc9889c15f2fa70c2d00ab05",
    after: "8d5817f3a52803cb69a0e3d54f6487b533fda603aa63dab8ea09f9762d992e0b",
  },
  "uws_linux_arm64_137.node": {
    oldestVersion: "GLIBC_2.17",
    before: "88618b30ddf6b2b62310db89f40a701616676352aac5e0f6184dd8ef876199ce",
    after: "84c03ca18de632e52cce378f073f8b008c0817c957d2e475284ce08f75c88a77",
  },
};

/** Mends the binary of this machine where its glibc is too old. Says what it did: `not needed`, `done` or `mended`. */
export function mendForThisMachine(folder) {
  const minor = glibcMinor();
  if (minor === undefined || minor >= wantedGlibc) return "not needed";
  return mendFile(folder, `uws_linux_${process.arch}_137.node`);
}

export function mendFile(folder, name) {
  const known = knownBinaries[name];
  if (known === undefined)
    throw new SetupError(`There is no mend for ${name}; use a system with glibc 2.38 or later (Debian 13).`);
  const path = `${folder}/${name}`;
  const binary = readFileSync(path);
  const found = sha256(binary);
  if (found === known.after) return "done";
  if (found !== known.before)
    throw new SetupError(
      `${path} is not the file that was expected (SHA-256 ${found}); nothing was changed.`,
    );
  const mended = mend(binary, known.oldestVersion);
  if (sha256(mended) !== known.after)
    throw new SetupError(`Mending ${path} gave an unexpected result; nothing was changed.`);
  replaceFile(path, mended);
  return "mended";
}

/** All at once: whoever loads the binary meanwhile finds the old one or the new one. */
function replaceFile(path, content) {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, content, { mode: 0o755 });
  renameSync(draft, path);
}

/** The mended copy of a 64-bit little-endian ELF file. */
function mend(original, oldestVersion) {
  const elf = Buffer.from(original);
  const sections = readSections(elf);
  const names = sections.dynamicNames;
  for (let at = sections.symbols.offset; at < sections.symbols.offset + sections.symbols.size; at += 24) {
    const nameOffset = elf.readUInt32LE(at);
    if (textAt(elf, names.offset + nameOffset).startsWith(prefix))
      elf.writeUInt32LE(nameOffset + prefix.length, at);
  }
  replaceWantedVersion(elf, sections.wantedVersions, names.offset, oldestVersion);
  return elf;
}

function replaceWantedVersion(elf, wanted, namesOffset, oldestVersion) {
  const entries = wantedVersionEntries(elf, wanted);
  const named = (name) =>
    entries.filter((at) => textAt(elf, namesOffset + elf.readUInt32LE(at + 8)) === name);
  const [oldest] = named(oldestVersion);
  if (oldest === undefined) throw new Error(`the file does not know ${oldestVersion}`);
  for (const at of named(tooNewVersion)) {
    elf.writeUInt32LE(elf.readUInt32LE(oldest), at);
    elf.writeUInt32LE(elf.readUInt32LE(oldest + 8), at + 8);
  }
}

/** Offsets of all Vernaux entries: hash (4 bytes), flags (2), index (2), name (4), next (4). */
function wantedVersionEntries(elf, wanted) {
  const entries = [];
  for (let file = wanted.offset; ; file += elf.readUInt32LE(file + 12)) {
    let at = file + elf.readUInt32LE(file + 8);
    for (let left = elf.readUInt16LE(file + 2); left > 0; left -= 1) {
      entries.push(at);
      at += elf.readUInt32LE(at + 12);
    }
    if (elf.readUInt32LE(file + 12) === 0) return entries;
  }
}

function readSections(elf) {
  const found = new Map();
  const start = Number(elf.readBigUInt64LE(40));
  const size = elf.readUInt16LE(58);
  const section = (index) => {
    const at = start + index * size;
    return {
      type: elf.readUInt32LE(at + 4),
      offset: Number(elf.readBigUInt64LE(at + 24)),
      size: Number(elf.readBigUInt64LE(at + 32)),
      link: elf.readUInt32LE(at + 40),
    };
  };
  for (let index = 0; index < elf.readUInt16LE(60); index += 1) {
    const read = section(index);
    found.set(read.type, read);
  }
  const symbols = found.get(11);
  const wantedVersions = found.get(0x6ffffffe);
  if (symbols === undefined || wantedVersions === undefined)
    throw new Error("the file has no dynamic symbols");
  return { symbols, wantedVersions, dynamicNames: section(symbols.link) };
}

function textAt(elf, offset) {
  return elf.toString("latin1", offset, elf.indexOf(0, offset));
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The 36 of glibc 2.36; nothing on systems without glibc. */
function glibcMinor() {
  const version = process.report.getReport().header.glibcVersionRuntime;
  return version === undefined ? undefined : Number(version.split(".")[1]);
}
