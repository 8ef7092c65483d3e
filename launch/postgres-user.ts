import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { LaunchError } from "./launch-error.ts";

/** The bits of CAP_DAC_READ_SEARCH and CAP_DAC_OVERRIDE. */
const readSearch = 1n << 2n;
const override = 1n << 1n;

export type PostgresUser = { readonly name: string; readonly uid: number; readonly gid: number };

/** Postgres refuses to run as root: then it runs as the system's user `postgres`, made where it is missing. */
export function postgresUser(): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const name = "postgres";
  if (idOf(name, "-u") === undefined)
    execFileSync("useradd", ["--system", "--user-group", "--no-create-home", name]);
  const uid = idOf(name, "-u");
  const gid = idOf(name, "-g");
  if (uid === undefined || gid === undefined) throw new Error(`The system user ${name} could not be made.`);
  return { name, uid, gid };
}

/**
 * The command line that runs `command` as `user`. A checkout in root's home cannot be reached by another user:
 * then the process keeps the one right to walk through folders. Postgres asks with access(2), which leaves the
 * rights of another user than root aside, unless that habit of setuid is switched off.
 */
export function runAs(
  user: PostgresUser | undefined,
  paths: readonly string[],
  command: readonly string[],
): string[] {
  if (user === undefined) return [...command];
  const closed = paths.find((path) => !isOpenToAll(path));
  const right = closed === undefined ? undefined : walkingRight(closed);
  return [
    "setpriv",
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    "--clear-groups",
    ...(right === undefined
      ? []
      : ["--securebits=+no_setuid_fixup", `--inh-caps=+${right}`, `--ambient-caps=+${right}`]),
    "--",
    ...command,
  ];
}

/** The smallest right that root itself has: containers often keep only the second one. */
function walkingRight(path: string): string {
  const status = readFileSync("/proc/self/status", "utf8");
  const rights = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  if ((rights & readSearch) !== 0n) return "dac_read_search";
  if ((rights & override) !== 0n) return "dac_override";
  throw new LaunchError(
    `Postgres runs as the user postgres, who cannot reach ${path}. Put it into a folder that is open to all.`,
  );
}

/** Whether everybody may walk from the root to this path's folder. */
function isOpenToAll(path: string): boolean {
  const walkable = 0o001;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & walkable) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function idOf(name: string, flag: "-u" | "-g"): number | undefined {
  try {
    return Number(
      execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
  } catch {
    // `id` ends with 1 where there is no such user.
    return undefined;
  }
}
