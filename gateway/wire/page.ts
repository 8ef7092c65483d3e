import { z } from "zod";
import type { Page } from "../../foundation/pages.ts";
import { cursorSchema, cursorView } from "./cursor.ts";
import { limitSchema } from "./limit.ts";

const pageMost = 100;
const pageUsual = 20;

/** What the query of every list of the house takes. */
export const pageQuery = { limit: limitSchema(pageMost, pageUsual), cursor: cursorSchema.optional() };

export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().meta({ description: "The `cursor` of the next page; null: there is none." }),
  });
}

export function pageView<Item, View>({ items, next }: Page<Item>, viewOf: (item: Item) => View) {
  return { items: items.map(viewOf), next: next === undefined ? null : cursorView(next) };
}
