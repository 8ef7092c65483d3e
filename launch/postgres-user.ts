import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

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
 * then the process keeps the one right to walk through folders.
 */
export function runAs(
  user: PostgresUser | undefined,
  paths: readonly string[],
  command: readonly string[],
): string[] {
  if (user === undefined) return [...command];
  const right = paths.every(isOpenToAll) ? undefined : walkingRight();
  const rights = right === undefined ? [] : [`--inh-caps=+${right}`, `--ambient-caps=+${right}`];
  return [
    "setpriv",
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    "--clear-groups",
    ...rights,
    "--",
    ...command,
  ];
}

/** The smaller of the two rights, where root has it: containers often keep only the other one. */
function walkingRight(): string {
  const status = readFileSync("/proc/self/status", "utf8");
  const rights = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const readSearch = 1n << 2n;
  return (rights & readSearch) === 0n ? "dac_override" : "dac_read_search";
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
