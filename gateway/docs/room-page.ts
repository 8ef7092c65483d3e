import { serverMessages, subprotocol } from "../room/room-messages.ts";
import { escapeHtml } from "./escape-html.ts";

/** The protocol of the waiting room as a page, from the same document that programs read. */
export function roomPage(document: Readonly<Record<string, unknown>>): string {
  const { description } = document["info"] as { description: string };
  const { messages } = document["components"] as { messages: Record<string, { payload: unknown }> };
  const paragraphs = description.split("\n\n").map((text) => `<p>${escapeHtml(text)}</p>`);
  const sections = Object.entries(serverMessages).map(([name, { summary }]) => {
    const schema = escapeHtml(JSON.stringify(messages[name]?.payload, null, 2));
    return `<h2 id="${name}">${name}</h2><p>${escapeHtml(summary)}</p><details><summary>Schema</summary><pre>${schema}</pre></details>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Onsale: the waiting room</title></head><body><h1>The waiting room (${subprotocol})</h1><p>The same as <a href="/v1/asyncapi.json">AsyncAPI</a>; everything else is in <a href="/docs">the API</a>.</p>${paragraphs.join("")}${sections.join("")}</body></html>`;
}
