import { serverMessages, subprotocol } from "../room/room-messages.ts";
import { escapeHtml, textWithCode } from "./escape-html.ts";
import { plainPage } from "./plain-page.ts";

type Messages = Readonly<Record<string, { readonly summary: string; readonly payload: unknown }>>;

/** The protocol of the waiting room as a page, from the same document that programs read. */
export function roomPage(document: Readonly<Record<string, unknown>>): string {
  const { description } = document["info"] as { description: string };
  const { messages } = document["components"] as { messages: Messages };
  const text = description.split("\n\n").map(blockOf).join("");
  const heard = Object.keys(serverMessages).map((name) => sectionOf(name, messages));
  return plainPage(
    "the waiting room",
    `<h1>The waiting room (${subprotocol})</h1><p>The same as <a href="/v1/asyncapi.json">AsyncAPI</a>; everything else is in <a href="/docs">the API</a>.</p>${text}<h2>Every message of the server</h2>${heard.join("")}<h2>The messages of a client</h2>${sectionOf("client", messages)}`,
  );
}

function blockOf(block: string): string {
  const heading = /^## (.+)$/.exec(block)?.[1];
  return heading === undefined ? `<p>${textWithCode(block)}</p>` : `<h2>${textWithCode(heading)}</h2>`;
}

function sectionOf(name: string, messages: Messages): string {
  const schema = escapeHtml(JSON.stringify(messages[name]?.payload, null, 2));
  const summary = textWithCode(messages[name]?.summary ?? "");
  return `<h3 id="${name}">${name}</h3><p>${summary}</p><details><summary>Schema</summary><pre>${schema}</pre></details>`;
}
