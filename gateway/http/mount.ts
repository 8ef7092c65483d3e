import type { TemplatedApp } from "uWebSockets.js";
import { type StaticDocument, staticDocuments } from "../docs/documents.ts";
import type { Method, Route } from "../route.ts";
import type { Runtime } from "../runtime.ts";
import { createExchangeDeadlines, type ExchangeDeadlines } from "./exchange-deadlines.ts";
import { serveDocument } from "./serve-document.ts";
import { serveRefusal } from "./serve-refusal.ts";
import { serveRoute } from "./serve-route.ts";

/** Tells uWebSockets.js of every route and document, and of what to say to everything else. */
export function mountAll(app: TemplatedApp, runtime: Runtime, routes: readonly Route[]): void {
  const deadlines = createExchangeDeadlines(runtime.bounds.http);
  for (const route of routes) mountRoute(app, runtime, route, deadlines);
  for (const document of staticDocuments(runtime.publicUrl)) mountDocument(app, runtime, document);
  for (const [path, methods] of methodsByPath(routes)) mountOtherMethods(app, runtime, path, methods);
  app.any("/*", serveRefusal(runtime, "not_found"));
}

function mountRoute(app: TemplatedApp, runtime: Runtime, route: Route, deadlines: ExchangeDeadlines): void {
  const serve = serveRoute(runtime, route, deadlines, false);
  if (route.method === "post") app.post(route.path, serve);
  else if (route.method === "patch") app.patch(route.path, serve);
  else if (route.method === "delete") app.del(route.path, serve);
  else app.get(route.path, serve).head(route.path, serveRoute(runtime, route, deadlines, true));
}

function mountDocument(app: TemplatedApp, runtime: Runtime, document: StaticDocument): void {
  app.get(document.path, serveDocument(runtime, document, false));
  app.head(document.path, serveDocument(runtime, document, true));
  mountOtherMethods(app, runtime, document.path, ["get"]);
}

function methodsByPath(routes: readonly Route[]): Map<string, Method[]> {
  const methods = new Map<string, Method[]>();
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

export function mountOtherMethods(
  app: TemplatedApp,
  runtime: Runtime,
  path: string,
  methods: readonly Method[],
): void {
  const allowed = methods.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
  app.any(path, serveRefusal(runtime, "method_not_allowed", { Allow: allowed.join(", ") }));
}
