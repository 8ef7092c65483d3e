import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { describeConfig, loadConfig, roles } from "../foundation/config.ts";

type Service = {
  image?: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { disable?: boolean; test?: string[] };
  volumes?: string[];
  ports?: string[];
};

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const compose = parse(read("docker-compose.yml"), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};
const services = Object.entries(compose.services);
const variables = new Map(describeConfig().map((variable) => [variable.name, variable]));
/** Services that run `app/`: their environment is the configuration. */
const ours = services.filter(([, service]) => service.environment?.["DATABASE_URL"] !== undefined);

/** As docker compose does it, with everything that must be set, set. */
function fillIn(text: string): string {
  return text.replace(
    /\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g,
    (_, name: string, fallback?: string) => fallback ?? `${name}-${"x".repeat(32)}`,
  );
}

describe("docker-compose.yml", () => {
  test("has the parts of the production shape", () => {
    expect(services.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        "balancer",
        "gateway-1",
        "gateway-2",
        "admission",
        "worker",
        "migrate",
        "postgres",
        "redis-cluster",
        "sandbox",
        "mail",
      ]),
    );
    expect(services.filter(([name]) => /^redis-\d$/.test(name))).toHaveLength(6);
  });

  test.each(ours)("%s gets a configuration that the start accepts", (_name, service) => {
    const environment = Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([name, value]) => [name, fillIn(value)]),
    );
    for (const name of Object.keys(environment)) expect([...variables.keys()]).toContain(name);
    expect(loadConfig(environment).NODE_ENV).toBe("production");
  });

  test.each(ours)(
    "%s takes every secret from the environment and refuses to start without it",
    (_name, service) => {
      for (const { name } of [...variables.values()].filter((variable) => variable.isSecret)) {
        expect(service.environment?.[name]).toMatch(new RegExp(`^\\$\\{${name}:\\?`));
      }
    },
  );

  test("passes every setting on, or leaves it to the image for a reason that stands here", () => {
    const left = {
      HTTP_HOST: "the image sets it",
      HTTP_PORT: "the balancer and the check of health name it",
      DATABASE_CONNECTIONS: "its default is for this shape",
      LOG_LEVEL: "its default is for production",
    };
    const passed = new Set(ours.flatMap(([, service]) => Object.keys(service.environment ?? {})));
    expect([...passed, ...Object.keys(left)].sort()).toEqual([...variables.keys()].sort());
  });

  test("gateways count each buyer's own address: the balancer writes it, whatever the client sent", () => {
    for (const gateway of ["gateway-1", "gateway-2"]) {
      expect(compose.services[gateway]?.environment?.["TRUSTED_PROXIES"]).toBe("1");
      // Who could pass by the balancer could write the header.
      expect(compose.services[gateway]?.ports).toBeUndefined();
    }
    // nginx forgets the headers of outer blocks in a block that sets one of its own.
    const blocks = [...read("deploy/balancer.conf").matchAll(/location [^{]*\{([^}]*)\}/g)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, block = ""] of blocks)
      expect(block.match(/proxy_set_header X-Forwarded-For .*/gi)).toEqual([
        "proxy_set_header X-Forwarded-For $remote_addr;",
      ]);
  });

  test.each(["SMTP_URL", "MAIL_FROM", "RATE_PER_ADDRESS"])("%s is chosen in .env", (name) => {
    const given = ours.map(([, service]) => service.environment?.[name]).filter((text) => text !== undefined);
    expect(given.length).toBeGreaterThan(0);
    for (const text of given) expect(text).toMatch(new RegExp(`^\\$\\{${name}:-.+\\}$`));
  });

  test("runs every role", () => {
    const run = new Set(
      ours.flatMap(([, service]) => service.environment?.["ONSALE_ROLES"]?.split(",") ?? []),
    );
    expect(run).toEqual(new Set(roles));
  });

  test.each(services)("%s names only services, files and volumes that are there", (_name, service) => {
    for (const other of Object.keys(service.depends_on ?? {}))
      expect(Object.keys(compose.services)).toContain(other);
    for (const part of service.command ?? [])
      if (part.endsWith(".ts")) expect(existsSync(`${root}${part}`)).toBe(true);
    for (const volume of service.volumes ?? []) {
      const [from = ""] = volume.split(":");
      if (from.startsWith("./")) expect(existsSync(`${root}${from}`)).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(from);
    }
  });

  test("waits for health only where there is a check of health", () => {
    for (const [, service] of services) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        const target = compose.services[other];
        const isOurImage = target?.build !== undefined && target.healthcheck === undefined;
        if (condition === "service_healthy")
          expect(target?.healthcheck?.test !== undefined || isOurImage).toBe(true);
      }
    }
  });

  test("lets the settings meet: addresses and ports that one service names, another has", () => {
    const address = /(?:@|\/\/)([a-z][a-z0-9-]*):(\d+)/g;
    const named = ours.flatMap(([, service]) =>
      Object.values(service.environment ?? {}).flatMap((value) => [...value.matchAll(address)]),
    );
    expect(named.length).toBeGreaterThan(0);
    const ports: Record<string, string> = {
      postgres: "5432",
      sandbox: "8081",
      mail: "8083",
      "redis-1": "6379",
      "redis-2": "6379",
      "redis-3": "6379",
    };
    for (const [, host = "", port] of named) expect([host, ports[host]]).toEqual([host, port]);
    expect(read("deploy/redis.conf")).toContain("port 6379");
    expect(compose.services["sandbox"]?.environment?.["SANDBOX_PORT"]).toBe("8081");
    expect(compose.services["mail"]?.environment?.["MAIL_SMTP_PORT"]).toBe("8083");
    expect(compose.services["balancer"]?.ports).toEqual(["8080:8080"]);
    for (const gateway of ["gateway-1", "gateway-2"])
      expect(read("deploy/balancer.conf")).toContain(`server ${gateway}:8080`);
  });

  test("does not open the storage to the outside", () => {
    for (const [name, service] of services)
      if (/^(redis|postgres)/.test(name)) expect(service.ports).toBeUndefined();
  });
});

describe("the Dockerfile", () => {
  const lines = read("Dockerfile").split("\n");

  test("runs Node 24 on trixie, in two stages, as an ordinary user", () => {
    expect(lines.filter((line) => line.startsWith("FROM "))).toEqual([
      "FROM node:24-trixie-slim AS packages",
      "FROM node:24-trixie-slim",
    ]);
    expect(lines).toContain("USER node");
  });

  test("copies every folder that the server's processes import from", () => {
    const copied = lines
      .map((line) => /^COPY (\S+) \S+$/.exec(line)?.[1])
      .filter((path) => path !== undefined);
    for (const path of copied) expect(existsSync(`${root}${path}`)).toBe(true);
    for (const folder of [
      "app",
      "booking-core",
      "cli",
      "foundation",
      "gateway",
      "lua",
      "migrations",
      "outside",
      "queue-admission",
    ])
      expect(copied).toContain(folder);
  });

  test("starts what is there", () => {
    expect(lines).toContain('CMD ["node", "app/server.ts"]');
    expect(existsSync(`${root}app/server.ts`)).toBe(true);
  });
});

test(".env.example names every variable that docker-compose.yml asks for", () => {
  const asked = new Set([...read("docker-compose.yml").matchAll(/\$\{(\w+)/g)].map((match) => match[1]));
  const named = new Set([...read(".env.example").matchAll(/^(\w+)=/gm)].map((match) => match[1]));
  expect(asked).toEqual(named);
});
