import type { Refusal } from "../wire/problem.ts";

/** A browser says whose page opens the connection; other pages have no business here. */
export function originProblem(origin: string, publicUrl: string): Refusal | undefined {
  if (origin === "" || origin === new URL(publicUrl).origin) return undefined;
  return { refusal: "forbidden", detail: "The page of this origin may not open this connection." };
}
