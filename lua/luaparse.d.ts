/** luaparse brings no types: as much as lua/syntax-tree.ts uses. */
declare module "luaparse" {
  const luaparse: { parse(source: string, options: { scope: boolean; luaVersion: "5.1" }): unknown };
  export default luaparse;
}
