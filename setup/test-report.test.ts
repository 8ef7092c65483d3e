import { expect, test } from "vitest";
import { countTests, type TestReport } from "./result-line.ts";

const passedFile = { status: "passed", assertionResults: [{ status: "passed" }] };
const good: TestReport = { numPassedTests: 7, numFailedTests: 0, testResults: [passedFile] };

test("the quick checks count as one test", () => {
  expect(countTests({ report: good, testCode: 0, checkCode: 0 })).toEqual({ passed: 8, failed: 0 });
  expect(countTests({ report: good, testCode: 0, checkCode: 1 })).toEqual({ passed: 7, failed: 1 });
  expect(countTests({ report: good, testCode: 0, checkCode: undefined })).toEqual({ passed: 7, failed: 0 });
});

test("a file that broke at its import is a failure, beside the tests that failed", () => {
  const failedFile = { status: "failed", assertionResults: [{ status: "failed" }] };
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    testResults: [passedFile, failedFile, { status: "failed", assertionResults: [] }],
  };
  expect(countTests({ report, testCode: 1, checkCode: undefined })).toEqual({ passed: 5, failed: 2 });
});

test("a run that failed without a failed test is one failure, and so is a run without a report", () => {
  expect(countTests({ report: good, testCode: 1, checkCode: undefined })).toEqual({ passed: 7, failed: 1 });
  const nothing = { report: undefined, testCode: 1, checkCode: undefined };
  expect(countTests(nothing)).toEqual({ passed: 0, failed: 1 });
});
