import { resolve } from "node:path";
import type { LaunchOptions } from "./launch-options.ts";

/** What `launch/demo.ts` made; the operator only when it was made by this start. */
export type Demo = {
  readonly eventId: string;
  readonly operator?: { readonly email: string; readonly password: string };
};

/** What is shown when everything runs: where it is and what to try first. */
export function addresses(
  options: LaunchOptions,
  environment: Readonly<Record<string, string>>,
  demo: Demo | undefined,
): string {
  const gateway = `http://127.0.0.1:${options.port}`;
  const event = demo === undefined ? `${gateway}/v1/events` : `${gateway}/v1/events/${demo.eventId}`;
  return [
    "",
    `Onsale is ready.  Ctrl-C ends it; the data stays in ${options.data}`,
    `  gateway          ${gateway}`,
    `  documentation    ${gateway}/docs`,
    `  payment sandbox  ${environment["SANDBOX_URL"]}`,
    `  mail catcher     http://127.0.0.1:${environment["MAIL_HTTP_PORT"]}`,
    ...operatorLines(demo),
    "",
    `Try:  curl ${event}`,
    options.demo ? `Then: npm run buy${isUsual(options) ? "" : ` -- --data ${options.data}`}` : "",
    "",
  ].join("\n");
}

/** Where commands look if nobody names it. */
function isUsual({ data }: LaunchOptions): boolean {
  return data === resolve(".onsale");
}

/** Shown once: the password is kept as a hash alone. */
function operatorLines(demo: Demo | undefined): string[] {
  if (demo?.operator === undefined) return [];
  const { email, password } = demo.operator;
  return [`  operator         ${email}, password ${password} (shown this once)`];
}
