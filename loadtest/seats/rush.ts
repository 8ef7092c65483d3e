import { join } from "node:path";
import type { Part } from "../bench/suite.ts";
import { rush } from "./rush-buyers.ts";
import { rushFigures } from "./rush-figures.ts";
import { startShop } from "./shop.ts";
import { verifyShop } from "./verify-shop.ts";

const full = { plan: { sections: 50, rows: 20, seatsPerRow: 50 }, buyers: 100_000, connections: 1_000 };
const small = { plan: { sections: 5, rows: 4, seatsPerRow: 25 }, buyers: 1_000, connections: 50 };

/** Twice as many buyers as seats come at once and ask for one to four each, until everything is sold. */
export const rushPart: Part = {
  name: "rush",
  async measure({ tiny, folder, say }) {
    const { plan, buyers, connections } = tiny ? small : full;
    const shop = await startShop(join(folder, "rush"), [plan]);
    try {
      const [event] = shop.events;
      if (event === undefined) throw new Error("there is no event");
      const answers = await rush(shop.port, event, { buyers, connections });
      say(`${answers.length} buyers were answered`);
      return [...rushFigures(answers, event), await verifyShop(shop, say)];
    } finally {
      await shop.stop();
    }
  },
};
