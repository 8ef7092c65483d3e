import type { Block, Letter } from "./letter.ts";

export function letterText({ blocks }: Pick<Letter, "blocks">): string {
  return `${blocks.map(textOf).join("\n\n")}\n`;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case "event":
      return [block.title, ...block.lines].join("\n");
    case "list":
      return block.items.map((item, index) => `${index + 1}. ${item}`).join("\n");
    case "link":
      return `${block.label}:\n${block.url}`;
    case "text":
    case "code":
    case "small":
      return block.text;
  }
}
