import luaparse from "luaparse";

export type Node = { readonly type: string } & Readonly<Record<string, unknown>>;

/** The statements of a script. Throws where it is not Lua 5.1. */
export function parseLua(source: string): readonly Node[] {
  // Redis takes the first line off; an empty one in its place keeps the numbers of the others.
  const tree = luaparse.parse(source.replace(/^#!.*/, ""), { scope: true, luaVersion: "5.1" });
  return (tree as Node)["body"] as Node[];
}

/** All nodes below, of one type. */
export function nodesOf(type: string, part: unknown): Node[] {
  if (Array.isArray(part)) return part.flatMap((child) => nodesOf(type, child));
  if (typeof part !== "object" || part === null) return [];
  const children = Object.values(part).flatMap((child) => nodesOf(type, child));
  return (part as Node).type === type ? [part as Node, ...children] : children;
}

/** The names of all globals, once for each use. */
export function globalsOf(body: readonly Node[]): string[] {
  return nodesOf("Identifier", body)
    .filter((node) => node["isLocal"] === false)
    .map(nameOf);
}

/** Every name that a declaration, an assignment, a parameter or a loop gives a value, once for each time. */
export function bindingsOf(body: readonly Node[]): string[] {
  const bound = [
    ...nodesOf("LocalStatement", body).flatMap((node) => node["variables"] as Node[]),
    ...nodesOf("AssignmentStatement", body).flatMap((node) => node["variables"] as Node[]),
    ...nodesOf("ForGenericStatement", body).flatMap((node) => node["variables"] as Node[]),
    ...nodesOf("ForNumericStatement", body).map((node) => node["variable"] as Node),
    ...nodesOf("FunctionDeclaration", body).flatMap((node) => node["parameters"] as Node[]),
    ...nodesOf("FunctionDeclaration", body).map((node) => node["identifier"] as Node | null),
  ];
  return bound.filter((node) => node?.type === "Identifier").map((node) => nameOf(node as Node));
}

export function nameOf(node: Node): string {
  return String(node["name"]);
}

/** The text of a literal; nothing where the node is something else. */
export function textOf(node: Node | undefined): string | undefined {
  return node?.type === "StringLiteral" ? String(node["raw"]).slice(1, -1) : undefined;
}
