/**
 * How Node runs a server; the Dockerfile says the same. A small young generation: what an opening crowd leaves
 * behind is collected while it is small, and is not part of what each of its sockets takes.
 */
export const serverOptions = ["--max-semi-space-size=2"] as const;
