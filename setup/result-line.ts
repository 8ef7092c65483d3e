/** What we read of vitest's JSON report. */
export type TestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

export type TestRun = {
  /** Nothing where vitest did not get so far as to write one. */
  readonly report: TestReport | undefined;
  readonly testCode: number;
  /** Of the quick checks, which count as one test; nothing where they were not asked for. */
  readonly checkCode: number | undefined;
};

/** A run that failed has at least one failure, also where no test of it says so. */
export function countTests({ report, testCode, checkCode }: TestRun): { passed: number; failed: number } {
  const passed = (report?.numPassedTests ?? 0) + (checkCode === 0 ? 1 : 0);
  const failedTests = (report?.numFailedTests ?? 0) + brokenFiles(report);
  const failedRun = testCode === 0 ? 0 : Math.max(1, failedTests);
  return { passed, failed: failedRun + (checkCode === undefined || checkCode === 0 ? 0 : 1) };
}

/** Files that failed outside of their tests: at their import or in a hook. */
function brokenFiles(report: TestReport | undefined): number {
  const broken = report?.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  return broken?.length ?? 0;
}
