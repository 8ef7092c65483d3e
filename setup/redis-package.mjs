import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { aptOfThisMachine, installWithApt } from "./debian.mjs";
import { runQuietly } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";
import { withProgress } from "./steps.mjs";

const oldestMajor = 7;
const aptPackage = "redis-server";

/** A Redis or Valkey server: the only thing that npm cannot bring. */
export async function ensureRedisServer(machine = thisMachine()) {
  const advice = redisAdvice(machine);
  if (advice === "ready") return;
  if (advice !== "install") throw new SetupError(advice);
  await withProgress("installing a Redis server with apt-get", install);
  const after = redisAdvice({ ...thisMachine(), isRoot: false });
  if (after !== "ready") throw new SetupError(after);
}

/** `ready`, `install` where this user may, or the sentence that says what a person has to do. */
export function redisAdvice({ majors, usesOwnRedis, isRoot, hasApt, platform }) {
  if (usesOwnRedis || majors.some((major) => major >= oldestMajor)) return "ready";
  if (majors.length > 0)
    return `The Redis server on the PATH is of version ${Math.max(...majors)}; Onsale needs ${oldestMajor} or later. Put a newer redis-server or valkey-server on the PATH.`;
  if (hasApt && isRoot) return "install";
  if (hasApt)
    return `Onsale needs a Redis server (${oldestMajor} or later); as root run: apt-get install -y ${aptPackage}`;
  if (platform === "darwin")
    return `Onsale needs a Redis server (${oldestMajor} or later); run: brew install redis`;
  return `Onsale needs redis-server or valkey-server (${oldestMajor} or later) on the PATH; install it with the system's package manager.`;
}

function thisMachine() {
  const { isRoot, hasApt, platform } = aptOfThisMachine();
  return {
    majors: ["redis-server", "valkey-server"].map(majorVersion).filter((major) => major !== undefined),
    usesOwnRedis: Boolean(process.env.REDIS_URL),
    isRoot,
    hasApt,
    platform,
  };
}

export function majorVersion(command) {
  try {
    const text = execFileSync(command, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const found = /v=(\d+)\./.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    // Not on the PATH.
    return undefined;
  }
}

async function install() {
  await installWithApt(aptPackage);
  await stopServiceOfPackage();
}

/** The package starts a server of its own at the default port; nobody asked for that one. */
async function stopServiceOfPackage() {
  if (existsSync("/run/systemd/system")) {
    await runQuietly("systemctl", ["disable", "--now", aptPackage]).catch(() => undefined);
  } else if (existsSync(`/etc/init.d/${aptPackage}`)) {
    await runQuietly(`/etc/init.d/${aptPackage}`, ["stop"]).catch(() => undefined);
  }
}
