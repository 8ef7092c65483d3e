const style =
  "body{font:16px/1.5 system-ui,sans-serif;color:#24292f;max-width:50rem;margin:2rem auto;padding:0 1rem}h1,h2,h3,p,li{overflow-wrap:anywhere}h2{margin-top:2.5rem}pre{overflow:auto;background:#f6f8fa;padding:1rem}a{color:#0550ae}";

/** A page of documentation: text and nothing else. */
export function plainPage(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Onsale: ${title}</title><link rel="icon" href="data:,"><style>${style}</style></head><body>${body}</body></html>`;
}
