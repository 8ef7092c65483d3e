import { readFileSync } from "node:fs";

/** The seat map as a page, without anything from elsewhere: `event` comes from the address. */
export const mapPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Onsale: seats</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/map/map-page.css">
    <script type="module" src="/map/map-page.mjs"></script>
  </head>
  <body>
    <header><h1 id="title">Seats</h1><p id="where"></p><p id="refunds"></p><p id="state" role="status">Loading</p></header>
    <main id="map">
      <nav aria-label="Sections"><ul id="sections"></ul></nav>
      <section aria-label="Seats">
        <ul id="prices" aria-label="Prices"></ul>
        <p id="seat" role="status">Choose a section, then a seat.</p>
        <div class="hall"><canvas id="seats" tabindex="0" role="application" aria-label="Seats" width="1" height="1"></canvas></div>
        <ul id="legend" aria-label="Legend"></ul>
      </section>
    </main>
    <noscript>The seat map needs JavaScript; <code>/v1/events/…/seats</code> says the same.</noscript>
  </body>
</html>
`;

export const mapStyle = `body { font-family: sans-serif; margin: 1rem; color: #24292f; background: #ffffff; }
main { display: flex; flex-wrap: wrap; gap: 1.5rem; }
main > section { flex: 1; min-width: 20rem; }
ul { list-style: none; padding: 0; margin: 0; }
nav ul { max-height: 80vh; overflow: auto; }
button { width: 100%; padding: 0.5rem; margin-bottom: 0.25rem; text-align: start; font: inherit; }
button[aria-pressed="true"] { font-weight: bold; border-width: 3px; }
:focus-visible { outline: 3px solid #0550ae; outline-offset: 2px; }
.hall { overflow: auto; max-height: 70vh; }
.hall canvas { display: block; }
.hall canvas[hidden] { display: none; }
.hall canvas:focus-visible { outline-offset: -3px; }
#legend { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; margin-top: 1rem; }
#legend canvas { vertical-align: middle; }
#seat { min-height: 1.5em; }
@media (max-width: 40rem) {
  nav { width: 100%; }
  nav ul { max-height: 35vh; }
}
`;

const names = [
  "map-page",
  "live-seats",
  "follow-seats",
  "place-seats",
  "show-prices",
  "draw-section",
] as const;

/** What the page runs, as it stands in this folder. */
export const mapScripts = names.map((name) => ({
  path: `/map/${name}.mjs`,
  text: readFileSync(new URL(`${name}.mjs`, import.meta.url), "utf8"),
}));
