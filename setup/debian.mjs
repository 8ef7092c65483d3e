import { existsSync, readFileSync } from "node:fs";
import { runQuietly } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";

/** Whether apt-get is here, and whether this user may install with it. */
export function aptOfThisMachine() {
  const ids = distributionIds();
  return {
    isRoot: process.getuid?.() === 0,
    hasApt: ids.some((id) => id === "debian" || id === "ubuntu") && existsSync("/usr/bin/apt-get"),
    isUbuntu: ids.includes("ubuntu"),
    platform: process.platform,
  };
}

function distributionIds() {
  if (!existsSync("/etc/os-release")) return [];
  const lines = readFileSync("/etc/os-release", "utf8").matchAll(/^ID(?:_LIKE)?=(.*)$/gm);
  return [...lines].flatMap(([, ids]) => ids.replaceAll('"', "").split(/\s+/));
}

export async function installWithApt(aptPackage, ...options) {
  const install = () => apt("install", "-y", ...options, aptPackage);
  try {
    // A bare machine has not loaded its package lists yet.
    await install().catch(() => apt("update").then(install));
  } catch (error) {
    throw new SetupError(`apt-get could not install ${aptPackage}: ${error.message}`);
  }
}

function apt(...args) {
  return runQuietly("apt-get", args, { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}
