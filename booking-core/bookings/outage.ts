import pg from "pg";

/** SQLSTATE classes of a server that cannot serve now: connection, transaction rolled back, resources, locks, operator. */
const outageClasses = new Set(["08", "40", "53", "55", "57"]);
const networkCodes = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/;
/** Of ioredis: a command was under way, or waited, when the connection was lost. */
const outageNames = new Set(["AbortError", "MaxRetriesPerRequestError", "ClusterAllFailedError"]);
/** What pg, pg-pool and ioredis say of a server that is away; they carry no code. */
const outageMessages =
  /terminated|timeout|timed out|closed|not queryable|writeable|max retries|too many cluster redirections|failed to refresh slots|startup nodes|isn't ready|^(CLUSTERDOWN|LOADING|READONLY|TRYAGAIN|MASTERDOWN|NOREPLICAS|MOVED|ASK)\b/i;

const givenUp = "EGIVENUP";

/** What cannot be done now, though nothing is wrong with the request: a later try may do it. */
export function outage(message: string): Error {
  return Object.assign(new Error(message), { code: givenUp });
}

/** Whether an error says that Postgres or Redis does not answer, or we gave up, and not that our request was wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError) return hasOutageClass(code);
  return (
    code === givenUp ||
    hasOutageClass(code) ||
    networkCodes.test(code) ||
    outageNames.has(error.name) ||
    outageMessages.test(error.message)
  );
}

/** Also of an error that another copy of the driver made. */
function hasOutageClass(code: string): boolean {
  return code.length === 5 && outageClasses.has(code.slice(0, 2));
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
