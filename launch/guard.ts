import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { formatMark, type ProcessMark } from "./process-mark.ts";

let watchdog: ChildProcess | undefined;

/** From now on this process ends when its owner, this one, is gone: killed, crashed or simply over. */
export function guardProcess(mark: ProcessMark): void {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${formatMark(mark)}\n`);
}

/** One for all processes that this one starts. It ends by itself when this one is gone. */
function startWatchdog(): ChildProcess {
  const script = fileURLToPath(new URL("./watchdog.ts", import.meta.url));
  const child = spawn(process.execPath, [script], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
    cwd: "/",
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}
