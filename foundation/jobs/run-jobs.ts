import type { Job, JobResult } from "pg-boss";
import type { Logger } from "../log.ts";

export type GroupedJob<Data> = { readonly id: string; readonly data: Data };

/** The errors of the jobs that failed, by the jobs' ids; all others are done. */
export type Failures = ReadonlyMap<string, unknown>;

export type HandleGroup<Data> = (group: readonly GroupedJob<Data>[]) => Promise<Failures>;

/** A job that fails is tried again later; those beside it are not touched by that. */
export async function runOne<Data>(
  logger: Logger,
  job: Job<Data>,
  handle: (data: Data) => Promise<void>,
): Promise<JobResult> {
  try {
    await handle(job.data);
    return { id: job.id, status: "completed" };
  } catch (error) {
    return failed(logger, job, error);
  }
}

/** A group that throws is done again at once, each of its jobs alone: one poisoned job holds up no other. */
export async function runGroup<Data>(
  logger: Logger,
  jobs: readonly Job<Data>[],
  handle: HandleGroup<Data>,
): Promise<JobResult[]> {
  try {
    const failures = await handle(jobs);
    return jobs.map((job) => {
      const isFailed = failures.has(job.id);
      return isFailed ? failed(logger, job, failures.get(job.id)) : { id: job.id, status: "completed" };
    });
  } catch (error) {
    const [only] = jobs;
    if (jobs.length === 1 && only !== undefined) return [failed(logger, only, error)];
    logger.warn({ err: error, queue: only?.name, jobs: jobs.length }, "a group failed: each job alone");
    const results: JobResult[] = [];
    for (const job of jobs) results.push(...(await runGroup(logger, [job], handle)));
    return results;
  }
}

function failed<Data>(logger: Logger, { id, name }: Job<Data>, error: unknown): JobResult {
  logger.warn({ err: error, queue: name, jobId: id }, "a job failed");
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { id, status: "failed", output: { message, stack } };
}
