import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { aptOfThisMachine, installWithApt } from "./debian.mjs";
import { withProgress } from "./steps.mjs";

const aptPackage = "chromium";
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macBrowser = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** A browser for the tests of pages. Without one the other tests still run, and those of pages say what is missing. */
export async function ensureChromium(machine = thisMachine()) {
  const advice = chromiumAdvice(machine);
  if (advice === "ready") return;
  if (advice !== "install") return void process.stderr.write(`  ${advice}\n`);
  // What it recommends is a sandbox for it, sounds and a keyring: nothing that a test meets.
  const install = () => installWithApt(aptPackage, "--no-install-recommends");
  await withProgress("installing Chromium with apt-get, for the tests of pages", install).catch((error) =>
    process.stderr.write(`  ${error.message}\n`),
  );
}

/** `ready`, `install` where this user may, or the sentence that says what a person has to do. */
export function chromiumAdvice({ path, isRoot, hasApt, isUbuntu, platform }) {
  if (path !== undefined) return "ready";
  const need = "The tests of pages need Chromium or Chrome";
  // Ubuntu's package of this name only asks snap for it, which a container does not have.
  if (hasApt && !isUbuntu)
    return isRoot
      ? "install"
      : `${need}; as root run: apt-get install -y --no-install-recommends ${aptPackage}`;
  if (platform === "darwin") return `${need}; run: brew install --cask google-chrome`;
  return `${need} as one of ${names.join(", ")} on the PATH, or its path in CHROMIUM.`;
}

function thisMachine() {
  return { path: findChromium(), ...aptOfThisMachine() };
}

/** Where the browser is: what `CHROMIUM` says, else the first on the PATH. */
export function findChromium({ CHROMIUM: chosen, PATH: path = "" } = process.env) {
  if (chosen) return chosen;
  const folders = path.split(delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, macBrowser].find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
