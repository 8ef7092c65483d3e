// Where the seats of a section stand, from the event's plan.
import { showMoney } from "./show-prices.mjs";

/** The words of each letter of a state. */
export const stateWords = {
  f: "free",
  a: "free, accessible",
  c: "free, for a companion",
  h: "held",
  s: "sold",
  b: "not for sale",
};

/** Every seat by its number: its row and column, what is printed on it and what it costs. */
export function placeSeats(section) {
  const seats = [];
  for (const block of section.blocks) {
    const offer = section.offers[block.offer];
    for (let offset = 0; offset < block.seats; offset += 1)
      seats[block.first + offset] = {
        row: block.row,
        column: block.column + offset,
        rowName: section.rows[block.row],
        name: nameOf(block.names, offset),
        offer,
        restrictedView: block.restrictedView,
      };
  }
  return seats;
}

function nameOf(names, offset) {
  return Array.isArray(names) ? names[offset] : String(names.first + offset * names.step);
}

/** The seat that is next in this direction: in the same row, or nearest in the row before or after. */
export function nextSeat(seats, from, key) {
  const here = seats[from];
  const candidates = [...seats.keys()].filter((number) => isThere(seats[number], here, key));
  const distance = (number) =>
    Math.abs(seats[number].row - here.row) * 1_000 + Math.abs(seats[number].column - here.column);
  return candidates.reduce(
    (best, number) => (best === undefined || distance(number) < distance(best) ? number : best),
    undefined,
  );
}

function isThere(seat, here, key) {
  if (key === "ArrowLeft") return seat.row === here.row && seat.column < here.column;
  if (key === "ArrowRight") return seat.row === here.row && seat.column > here.column;
  return key === "ArrowUp" ? seat.row < here.row : seat.row > here.row;
}

export function describeSeat({ rowName, name, offer, restrictedView }, letter, decimals) {
  const price = showMoney(offer.price, decimals);
  const view = restrictedView ? ", restricted view" : "";
  return `Row ${rowName}, seat ${name}: ${stateWords[letter] ?? "unknown"}, ${offer.category}, ${price}${view}`;
}
