import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { errorsMarkdown } from "./docs/errors-table.ts";

const file = fileURLToPath(new URL("../docs/errors.md", import.meta.url));

if (process.argv.includes("--check")) {
  const current = await readFile(file, "utf8").catch(() => "");
  if (current !== errorsMarkdown()) {
    process.stderr.write(
      "docs/errors.md is not what foundation/errors.ts says: run node gateway/errors-doc.ts\n",
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(file, errorsMarkdown());
}
