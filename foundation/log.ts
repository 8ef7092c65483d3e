import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

const secretPaths = [
  "authorization",
  "password",
  "token",
  "pass",
  "receipt",
  "secret",
  "signature",
  "cardNumber",
];

/** One JSON line a message. Fields that could hold a secret are cut, wherever they stand (two levels deep). */
export function createLogger(role: string, level: string, destination?: DestinationStream): Logger {
  const paths = secretPaths.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const settings = {
    level,
    base: { role, pid: process.pid },
    redact: { paths, censor: "[secret]" },
    serializers: { err: describeError },
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
}

/** Without what libraries hang on their errors: ioredis adds the whole command, script and arguments. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return describeOther(error);
  const { type, message, stack } = pino.stdSerializers.err(error);
  const code = "code" in error ? { code: error.code } : {};
  return { type, message, ...code, stack };
}

/** pg-boss reports copies of errors, of no class: a message and a stack, and which queue it was. */
function describeOther(error: unknown): object {
  if (typeof error !== "object" || error === null || !("message" in error)) return { message: String(error) };
  const { message, stack, code, queue } = error as Readonly<Record<string, unknown>>;
  return { message, code, queue, stack };
}
