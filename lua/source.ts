import { readFileSync } from "node:fs";

const includes = /^ *-- INCLUDE ([a-z]+)$/gm;

/** The text of a script below `lua/`, with the files of `lua/includes` in the place of its INCLUDE lines. */
export function readScript(file: string): string {
  return expandIncludes(readLua(file));
}

export function expandIncludes(source: string): string {
  return source.replace(includes, (_, name: string) =>
    expandIncludes(readLua(`includes/${name}.lua`)).trimEnd(),
  );
}

function readLua(file: string): string {
  return readFileSync(new URL(`./${file}`, import.meta.url), "utf8");
}
