import { type Logger, pino } from "pino";

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
export function createLogger(role: string, level: string): Logger {
  const paths = secretPaths.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino({
    level,
    base: { role, pid: process.pid },
    redact: { paths, censor: "[secret]" },
    serializers: { err: describeError },
  });
}

/** Without what libraries hang on their errors: ioredis adds the whole command, script and arguments. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { type, message, stack } = pino.stdSerializers.err(error);
  const code = "code" in error ? { code: error.code } : {};
  return { type, message, ...code, stack };
}
