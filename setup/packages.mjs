import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { runQuietly } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";
import { withProgress } from "./steps.mjs";

/** Node 24, from the npm package `node`, also where the system has another. */
export function projectNode(root) {
  return `${root}node_modules/node/bin/node`;
}

/** Installs what the lock file says, unless exactly that is installed. */
export async function ensurePackages(root) {
  const stamp = `${root}node_modules/.onsale-stamp`;
  const wanted = stampOf(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && existsSync(projectNode(root))) return;
  await withProgress("installing packages with npm", () => npmInstall(root));
  checkNode(root);
  writeFileSync(stamp, wanted);
}

function stampOf(root) {
  const hash = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .digest("hex");
  return `${hash} ${process.platform} ${process.arch}`;
}

/**
 * `npm install` and not `npm ci`: it installs the lock file's versions and hashes all the same, but does not
 * refuse a lock file that was written where a registry lacks some other platform's optional binaries.
 */
async function npmInstall(root) {
  const args = ["install", "--no-save", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    await runQuietly("npm", args, { cwd: root, env: environment(root) });
  } catch (error) {
    throw new SetupError(`npm install failed: ${error.message}`);
  }
}

/** Without our own `node`, which npm may be about to replace, and for all packages, also those of development. */
function environment(root) {
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.startsWith(`${root}node_modules`));
  const { NODE_ENV: _, ...rest } = process.env;
  return { ...rest, PATH: path.join(delimiter) };
}

/** npm runs a package's install script only where it is allowed to; without it `node` has no binary. */
function checkNode(root) {
  const wanted = JSON.parse(readFileSync(`${root}package.json`, "utf8")).dependencies.node;
  const version = versionOf(projectNode(root));
  if (version !== `v${wanted}`)
    throw new SetupError(`The package node brought ${version} and not v${wanted}.`);
}

function versionOf(node) {
  try {
    return execFileSync(node, ["-v"], { encoding: "utf8" }).trim();
  } catch (error) {
    throw new SetupError(
      `The package node has no binary: let npm run its install script (allowScripts in package.json). ${error.message}`,
    );
  }
}
