#!/usr/bin/env node
// `npx onsale …`: the command line under the project's own Node, whatever Node the machine has.
process.argv.splice(2, 0, "onsale");
await import("./bootstrap.mjs");
