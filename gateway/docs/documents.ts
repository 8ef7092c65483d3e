import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { asyncApiDocument } from "../asyncapi.ts";
import { mapPage, mapScripts, mapStyle } from "../map-page/map-page.ts";
import { openApiDocument } from "../openapi.ts";
import { ticketPageStyle, walletBackPage } from "../ticket-page/ticket-page.ts";
import { errorsPage } from "./errors-table.ts";
import { roomPage } from "./room-page.ts";

/** Bytes that are the same for everybody, made once at the start. */
export type StaticDocument = {
  readonly path: string;
  readonly type: string;
  readonly bytes: Buffer;
  readonly contentPolicy: string | undefined;
};

/**
 * Everything comes from here and no script stands in the page. Swagger UI sets styles on elements and shows
 * small pictures as data: these two it needs.
 */
const pagePolicy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function staticDocuments(publicUrl: string): StaticDocument[] {
  return [
    textDocument(
      "/v1/openapi.json",
      "application/json; charset=utf-8",
      JSON.stringify(openApiDocument(publicUrl)),
    ),
    textDocument(
      "/v1/asyncapi.json",
      "application/json; charset=utf-8",
      JSON.stringify(asyncApiDocument(publicUrl)),
    ),
    pageDocument("/docs", swaggerPage),
    pageDocument("/docs/room", roomPage(asyncApiDocument(publicUrl))),
    pageDocument("/docs/errors", errorsPage()),
    textDocument("/docs/start.js", scriptType, startScript),
    pageDocument("/events/:eventId/map", mapPage),
    textDocument("/map/map-page.css", "text/css; charset=utf-8", mapStyle),
    pageDocument("/wallet/back", walletBackPage),
    textDocument("/ticket-page.css", "text/css; charset=utf-8", ticketPageStyle),
    ...mapScripts.map(({ path, text }) => textDocument(path, scriptType, text)),
    swaggerDocument("swagger-ui.css", "text/css; charset=utf-8"),
    swaggerDocument("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    swaggerDocument("favicon-32x32.png", "image/png"),
    // Of what is no page and names no icon, as a PDF that a browser shows.
    { ...swaggerDocument("favicon-32x32.png", "image/png"), path: "/favicon.ico" },
  ];
}

const scriptType = "text/javascript; charset=utf-8";

const swaggerPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Onsale: API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const startScript = `SwaggerUIBundle({ url: "/v1/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });\n`;

function textDocument(path: string, type: string, text: string): StaticDocument {
  return { path, type, bytes: Buffer.from(text), contentPolicy: undefined };
}

function pageDocument(path: string, text: string): StaticDocument {
  return { ...textDocument(path, "text/html; charset=utf-8", text), contentPolicy: pagePolicy };
}

function swaggerDocument(name: string, type: string): StaticDocument {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  return { path: `/docs/${name}`, type, bytes: readFileSync(join(folder, name)), contentPolicy: undefined };
}
