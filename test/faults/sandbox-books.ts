import type { SandboxBooks } from "../harness/money.ts";
import type { Site } from "./site.ts";

/** The provider's own books: what it took and what it gave back. */
export async function readSandboxBooks({ sandbox }: Pick<Site, "sandbox">): Promise<SandboxBooks> {
  const headers = { authorization: `Bearer ${sandbox.apiKey}` };
  const answer = await fetch(`${sandbox.url}/v1/books`, { headers });
  if (!answer.ok) throw new Error(`the sandbox's books answered ${answer.status}`);
  return (await answer.json()) as SandboxBooks;
}
