// Draws one section on a canvas: a state is a colour and a shape, so that neither is needed alone.

/** What a finger can hit. */
const cell = 24;
const rowNames = 40;
const colours = { f: "#1a7f37", a: "#0550ae", c: "#6639ba", h: "#9a6700", s: "#6e7781", b: "#8c959f" };

export function sizeOf(section, seats) {
  const columns = seats.reduce((most, { column }) => Math.max(most, column + 1), 0);
  return { width: rowNames + columns * cell, height: section.rows.length * cell };
}

/** The corner of a seat, and how large it is. */
export function boxOf({ row, column }) {
  return { left: rowNames + column * cell, top: row * cell, side: cell };
}

export function seatAt(seats, x, y) {
  const [row, column] = [Math.floor(y / cell), Math.floor((x - rowNames) / cell)];
  const number = seats.findIndex((seat) => seat.row === row && seat.column === column);
  return number === -1 ? undefined : number;
}

export function drawSection(context, section, seats, states, chosen) {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.font = "12px sans-serif";
  context.fillStyle = "#24292f";
  for (const [row, name] of section.rows.entries()) context.fillText(name, 4, row * cell + 16, rowNames - 8);
  for (const number of seats.keys()) drawSeat(context, seats[number], states[number], number === chosen);
}

function drawSeat(context, { row, column }, letter, isChosen) {
  context.save();
  context.translate(rowNames + column * cell + cell / 2, row * cell + cell / 2);
  drawState(context, letter);
  if (isChosen) {
    context.strokeStyle = "#cf222e";
    context.lineWidth = 2;
    context.strokeRect(-cell / 2 + 1, -cell / 2 + 1, cell - 2, cell - 2);
  }
  context.restore();
}

/** Free: a full circle, with A or C where it is special. Held: half a circle. Sold: a cross. Not for sale: a dot. */
export function drawState(context, letter) {
  const colour = colours[letter] ?? colours.b;
  Object.assign(context, { fillStyle: colour, strokeStyle: colour, lineWidth: 2 });
  context.beginPath();
  if (letter === "s") {
    context.moveTo(-4, -4);
    context.lineTo(4, 4);
    context.moveTo(4, -4);
    context.lineTo(-4, 4);
    context.stroke();
    return;
  }
  const isFree = "fac".includes(letter);
  context.arc(
    0,
    0,
    letter === "b" || letter === undefined ? 2 : 7,
    0,
    letter === "h" ? Math.PI : 2 * Math.PI,
  );
  context.fill();
  if (!isFree || letter === "f") return;
  Object.assign(context, { fillStyle: "#ffffff", font: "bold 9px sans-serif", textAlign: "center" });
  context.fillText(letter.toUpperCase(), 0, 3);
}
