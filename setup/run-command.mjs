import { spawn } from "node:child_process";

/**
 * Runs a program to its end and gives its exit code. Ctrl-C in a terminal reaches it by itself; a signal that was
 * sent to this process alone is handed on. That comes as SIGTERM, so that one Ctrl-C does not count as two.
 */
export function runCommand(command, args, options = {}) {
  const child = spawn(command, args, { stdio: "inherit", ...options });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const handOn = () => child.kill("SIGTERM");
  for (const signal of signals) process.on(signal, handOn);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const name of signals) process.off(name, handOn);
      resolve(code ?? (signal === "SIGINT" ? 130 : 1));
    });
  });
}

/** Runs a program quietly; fails with what it said where it fails. */
export function runQuietly(command, args, options = {}) {
  const output = [];
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(Buffer.concat(output).toString().trim() || `exit code ${code}`));
    });
  });
}
