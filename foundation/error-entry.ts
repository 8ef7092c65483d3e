/** One row of the table of errors. */
export type ErrorEntry = {
  readonly status: number;
  /** Whether the same request can succeed later without a change. */
  readonly retryable: boolean;
  /** What happened, for the reader of the answer. */
  readonly title: string;
  /** What to do now. */
  readonly advice: string;
};

export function entry(status: number, retryable: boolean, title: string, advice: string): ErrorEntry {
  return { status, retryable, title, advice };
}
