/** The processor's time that other processes take, as Linux tells it below /proc. */
import { readdirSync, readFileSync } from "node:fs";

type Status = { readonly pid: number; readonly parent: number; readonly ticks: number };

/** Of user and system time; 100 a second on every Linux. */
const tickUs = 10_000;

/** Of a process and of all below it, also of those that have ended; nothing where the system does not tell. */
export function treeTimeUs(root: number): number | undefined {
  const all = allStatus();
  if (all.length === 0) return undefined;
  const members = new Set([root]);
  // A child may stand before its parent where numbers began anew.
  for (let before = 0; before < members.size; ) {
    before = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return all.filter(({ pid }) => members.has(pid)).reduce((sum, { ticks }) => sum + ticks, 0) * tickUs;
}

function allStatus(): Status[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    const status = Number.isInteger(pid) ? statusOf(pid) : undefined;
    return status === undefined ? [] : [status];
  });
}

/** Fields of `/proc/PID/stat` after the name, which may hold anything: state, parent, …; 11 to 14 are times. */
function statusOf(pid: number): Status | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid, parent: Number(fields[1]), ticks };
  } catch {
    // It has ended since the folder was read.
    return undefined;
  }
}
