/** Whether the client has this already (RFC 9110 §13.1.2); weak and strong count as the same. */
export function hasAlready(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim());
  return tags.includes("*") || tags.some((tag) => withoutWeakness(tag) === withoutWeakness(etag));
}

const withoutWeakness = (tag: string) => tag.replace(/^W\//, "");
