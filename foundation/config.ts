import { z } from "zod";

/** The parts that one process can hold together or apart. */
export const roles = ["gateway", "admission", "worker"] as const;
export type Role = (typeof roles)[number];

const developmentSecret = "development-only-secret-never-in-production";

const port = z.coerce.number().int().min(1).max(65_535);
const secret = z.string().min(32, "at least 32 characters").default(developmentSecret);
const secrets = z
  .string()
  .refine((text) => splitSecrets(text).every(({ length }) => length >= 32), "at least 32 characters each")
  .default(developmentSecret);

/** One entry per environment variable; the README's table and the check of docker-compose.yml read this. */
const schema = z.object({
  NODE_ENV: z
    .enum(["development", "test", "production"])
    .default("development")
    .describe("`production` refuses the default secrets."),
  ONSALE_ROLES: z
    .string()
    .default(roles.join(","))
    .transform((text) => text.split(",").map((name) => name.trim()))
    .pipe(z.array(z.enum(roles)).min(1))
    .describe("Which roles this process holds, parted by commas."),
  HTTP_HOST: z.string().default("127.0.0.1").describe("Address that the gateway listens on."),
  HTTP_PORT: port.default(8080).describe("Port that the gateway listens on."),
  PUBLIC_URL: z
    .url()
    .default("http://127.0.0.1:8080")
    .describe("Where buyers and the payment provider reach the gateway."),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must begin with postgres://")
    .default("postgres://onsale:onsale@127.0.0.1:5432/onsale")
    .describe("The Postgres database (18 or later)."),
  DATABASE_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(2)
    .max(200)
    .default(12)
    .describe("Most connections of this process to Postgres."),
  REDIS_URL: z
    .string()
    .default("redis://127.0.0.1:6379")
    .transform((text) => text.split(",").map((node) => node.trim()))
    .pipe(z.array(z.string().regex(/^rediss?:\/\//, "must begin with redis:// or rediss://")).min(1))
    .describe("Some nodes of the Redis Cluster, parted by commas; the others are found through them."),
  TOKEN_SECRET: secret.describe("Signs buyers' tokens, passes and receipts (HS256)."),
  METRICS_TOKEN: secret.describe("The bearer of this may read `/metrics`."),
  TRUSTED_PROXIES: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe(
      "How many proxies of your own stand in front and write `X-Forwarded-For`; 0 ignores the header.",
    ),
  RATE_PER_ADDRESS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1)
    .describe("How many times the default limits one address may ask: 120 joins a minute and so on."),
  PAYMENT_PROVIDER: z
    .enum(["sandbox", "stripe"])
    .default("sandbox")
    .describe("Who takes the money of new payments; the other still settles what it began."),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_\w+$/, "must begin with sk_test_, sk_live_, rk_test_ or rk_live_")
    .optional()
    .describe("The key for Stripe's API; `PAYMENT_PROVIDER=stripe` needs it."),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .refine(
      (text) => splitSecrets(text).every((part) => /^whsec_\w+$/.test(part)),
      "each must begin with whsec_",
    )
    .optional()
    .describe(
      "With this secret Stripe signs its webhooks to `/v1/webhooks/stripe`; several are parted by commas.",
    ),
  SANDBOX_URL: z.url().default("http://127.0.0.1:8081").describe("Address of the payment sandbox."),
  SANDBOX_API_KEY: secret.describe("With this key the worker and the gateway call the payment sandbox."),
  SANDBOX_WEBHOOK_SECRET: secrets.describe(
    "With this secret the sandbox signs its webhooks; several are parted by commas.",
  ),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, "must begin with smtp:// or smtps://")
    .default("smtp://127.0.0.1:8083")
    .describe("Mail server for everything that is sent to buyers."),
  MAIL_FROM: z
    .string()
    .default("Onsale <tickets@onsale.example>")
    .describe("Sender of all e-mail: `you@example.org` or `Name <you@example.org>`."),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least severity that is logged."),
});

const sandboxSecrets = ["SANDBOX_API_KEY", "SANDBOX_WEBHOOK_SECRET"] as const;
export const secretVariables = ["TOKEN_SECRET", "METRICS_TOKEN", ...sandboxSecrets] as const;

const stripeKeys = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"] as const;

export type Config = Readonly<z.infer<typeof schema>>;

export class ConfigError extends Error {}

/** Reads the environment once. A wrong value ends in a `ConfigError` whose message says which and why. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = schema.safeParse(withoutEmpty(environment));
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map(describeIssue).join("\n"));
  refuseDefaultSecrets(parsed.data);
  refuseMissingKeys(parsed.data);
  return Object.freeze(parsed.data);
}

export type ConfigVariable = { name: string; defaultText: string; description: string; isSecret: boolean };

export function describeConfig(): ConfigVariable[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    defaultText: defaultText(name, field),
    description: field.description ?? "",
    isSecret: (secretVariables as readonly string[]).includes(name),
  }));
}

function defaultText(name: string, field: z.ZodType): string {
  if ((secretVariables as readonly string[]).includes(name)) return "a development secret";
  const value: unknown = field.parse(undefined);
  if (value === undefined) return "none";
  return Array.isArray(value) ? value.join(",") : String(value);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `The environment variable ${String(issue.path[0])} is not usable: ${issue.message}.`;
}

function refuseDefaultSecrets(config: Config): void {
  if (config.NODE_ENV !== "production") return;
  const isNeeded = (name: SecretVariable) => config.PAYMENT_PROVIDER === "sandbox" || !isOfSandbox(name);
  const left = secretVariables.filter((name) => isNeeded(name) && isDefault(config[name]));
  if (left.length === 0) return;
  throw new ConfigError(`In production these must be set to secrets of your own: ${left.join(", ")}.`);
}

function refuseMissingKeys(config: Config): void {
  if (config.PAYMENT_PROVIDER !== "stripe") return;
  const missing = stripeKeys.filter((name) => config[name] === undefined);
  if (missing.length === 0) return;
  throw new ConfigError(`PAYMENT_PROVIDER=stripe needs ${missing.join(" and ")}.`);
}

/** Whoever knows the default secrets could tell of payments that never were: in production nobody may sign with them. */
export function trustsSandbox(config: Config): boolean {
  return config.NODE_ENV !== "production" || !sandboxSecrets.some((name) => isDefault(config[name]));
}

type SecretVariable = (typeof secretVariables)[number];

function isOfSandbox(name: SecretVariable): boolean {
  return (sandboxSecrets as readonly string[]).includes(name);
}

function isDefault(secretText: string): boolean {
  return splitSecrets(secretText).includes(developmentSecret);
}

/** Several secrets, parted by commas, while one takes the place of another. */
export function splitSecrets(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

function withoutEmpty(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && value !== "") filled[name] = value;
  return filled;
}
