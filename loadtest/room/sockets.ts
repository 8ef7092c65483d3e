import type { Part } from "../bench/suite.ts";

export const socketsPart: Part = { name: "sockets", measure: () => Promise.resolve([]) };
