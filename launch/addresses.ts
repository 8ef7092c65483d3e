import type { LaunchOptions } from "./launch-options.ts";

/** What is shown when everything runs: where it is and what to try first. */
export function addresses(
  options: LaunchOptions,
  environment: Readonly<Record<string, string>>,
  eventId: string | undefined,
): string {
  const gateway = `http://127.0.0.1:${options.port}`;
  const event = eventId === undefined ? `${gateway}/v1/events` : `${gateway}/v1/events/${eventId}`;
  return [
    "",
    `Onsale is ready.  Ctrl-C ends it; the data stays in ${options.data}`,
    `  gateway          ${gateway}`,
    `  documentation    ${gateway}/docs`,
    `  payment sandbox  ${environment["SANDBOX_URL"]}`,
    `  mail catcher     http://127.0.0.1:${environment["MAIL_HTTP_PORT"]}`,
    "",
    `Try:  curl ${event}`,
    options.demo ? `Then: npm run buy${options.port === 8080 ? "" : ` -- --url ${gateway}`}` : "",
    "",
  ].join("\n");
}
