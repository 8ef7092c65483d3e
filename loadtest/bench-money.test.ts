import { test } from "vitest";
import { expectTiny } from "./test-bench.ts";

test(
  "the tiny version of `npm run bench -- money` measures every part and holds what is exact",
  {
    timeout: 300_000,
  },
  () => expectTiny("money"),
);
