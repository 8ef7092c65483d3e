import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { SetupError, withProgress } from "./steps.mjs";

const installCommand = "apt-get install -y redis-server";

/** A Redis or Valkey server of version 7 or later: the only thing that npm cannot bring. */
export async function ensureRedisServer() {
  if (process.env.REDIS_URL || hasRedisServer()) return;
  if (!canInstall()) throw new SetupError(missingSentence());
  await withProgress("installing a Redis server with apt-get", async () => installRedisServer());
  if (!hasRedisServer())
    throw new SetupError(
      "The installed Redis server is older than version 7; put a newer redis-server or valkey-server on the PATH.",
    );
}

export function hasRedisServer() {
  return ["redis-server", "valkey-server"].some((command) => {
    try {
      const text = execFileSync(command, ["--version"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return Number(/v=(\d+)\./.exec(text)?.[1]) >= 7;
    } catch {
      // Not on the PATH.
      return false;
    }
  });
}

export function missingSentence() {
  if (isDebianLike()) return `Onsale needs a Redis server (7 or later); as root run: ${installCommand}`;
  if (process.platform === "darwin")
    return "Onsale needs a Redis server (7 or later); run: brew install redis";
  return "Onsale needs redis-server or valkey-server (7 or later) on the PATH; install it with the system's package manager.";
}

function canInstall() {
  return process.getuid?.() === 0 && isDebianLike() && existsSync("/usr/bin/apt-get");
}

function isDebianLike() {
  if (!existsSync("/etc/os-release")) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
}

function installRedisServer() {
  const [command, ...args] = installCommand.split(" ");
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "pipe"],
  };
  try {
    execFileSync(command, args, options);
  } catch {
    // Mostly for want of package lists, which a bare machine has not loaded yet.
    execFileSync("apt-get", ["update"], options);
    execFileSync(command, args, options);
  }
  // The package starts a server of its own at the default port; nobody asked for that one.
  if (existsSync("/run/systemd/system"))
    execFileSync("systemctl", ["disable", "--now", "redis-server"], { stdio: "ignore" });
}
