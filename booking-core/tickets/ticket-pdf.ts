import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Font, openSync } from "fontkit";
import PDFDocument from "pdfkit";
import type { TicketFact, TicketFacts } from "./ticket-facts.ts";
import { darkRuns, qrOf, quietModules } from "./ticket-qr.ts";
import { oneLine, placeLines, whenText, wordsOf } from "./ticket-words.ts";

/**
 * A page for each ticket that is valid. The same tickets give the same bytes: nothing in it is of the clock or by
 * chance.
 */
export async function renderTicketsPdf(facts: TicketFacts): Promise<Buffer> {
  const { event, language } = facts;
  const tickets = facts.tickets.filter(({ status }) => status === "valid");
  const document = new PDFDocument({
    size: "A5",
    margin: marginPoints,
    autoFirstPage: false,
    lang: language,
    // None of its own: it would read Helvetica's widths for each document.
    font: "",
    info: {
      Title: `${wordsOf(language).title}: ${oneLine(event.title)}`,
      Producer: "Onsale",
      Creator: "Onsale",
      CreationDate: new Date(Math.min(...tickets.map(({ issuedAtMs }) => issuedAtMs), event.startsAtMs)),
    },
  });
  for (const [name, font] of Object.entries(fonts)) document.registerFont(name, font);
  const made = buffer(document);
  for (const ticket of tickets) drawTicket(document.addPage(), facts, ticket);
  document.end();
  return made;
}

type Document = InstanceType<typeof PDFDocument>;

const marginPoints = 36;
const qrPoints = 230;
const nameColumnPoints = 56;

function drawTicket(page: Document, facts: TicketFacts, ticket: TicketFact): void {
  const { event, venue, language, bookingId } = facts;
  const words = wordsOf(language);
  const width = page.page.width - 2 * marginPoints;
  drawTitle(page, oneLine(event.title), width);
  page.font("plain").fontSize(11).moveDown(0.4);
  page.text(whenText(event.startsAtMs, language), { width });
  page.text(oneLine(`${venue.name}, ${venue.city}`), { width, height: 30, ellipsis: true });
  page.moveDown(0.6);
  for (const [name, value] of placeLines(ticket, language)) drawPlaceLine(page, name, value, width);
  const top = page.page.height - marginPoints - qrPoints - 60;
  if (ticket.code !== null) drawQr(page, ticket.code, (page.page.width - qrPoints) / 2, top);
  page.font("plain").fontSize(8);
  page.text(words.showIt, marginPoints, top + qrPoints + 8, { width, align: "center" });
  page.text(`${words.booking} ${bookingId}\n${words.ticket} ${ticket.id}`, { width, align: "center" });
}

/** Smaller where it would not fit into two lines; cut where it still does not fit. */
function drawTitle(page: Document, title: string, width: number): void {
  const height = 60;
  const isLong = page.font("bold").fontSize(20).heightOfString(title, { width }) > height;
  page.fontSize(isLong ? 14 : 20).text(title, marginPoints, marginPoints, { width, height, ellipsis: true });
}

/** The names in one column, the values in another, on one line of letters. */
function drawPlaceLine(page: Document, name: string, value: string, width: number): void {
  const top = page.y;
  const left = marginPoints + nameColumnPoints;
  page
    .font("plain")
    .fontSize(9)
    .text(name, marginPoints, top + 3.7, { width: nameColumnPoints });
  page.font("bold").fontSize(13);
  page.text(value, left, top, { width: width - nameColumnPoints, height: 32, ellipsis: true });
  page.x = marginPoints;
}

/**
 * As squares of the page itself: sharp on every screen and printer. Counted in squares, as one piece of the page: a
 * call of pdfkit for each run of them would cost more than all of the text.
 */
function drawQr(page: Document, code: string, left: number, top: number): void {
  const matrix = qrOf(code);
  const side = qrPoints / (matrix.size + 2 * quietModules);
  const runs = darkRuns(matrix).map(({ row, column, width }) => `${column} ${row} ${width} 1 re`);
  page.save().transform(side, 0, 0, side, left + quietModules * side, top + quietModules * side);
  page.addContent(`0 g\n${runs.join("\n")}\nf`).restore();
}

const fontFolder = join(
  dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")),
  "ttf",
);
/**
 * With Latin, Greek and Cyrillic letters. Parsed once a thread: of bytes pdfkit would do it for each document, which was
 * most of a PDF's 49 ms. It takes parsed fonts too; its types do not say so.
 */
function parsedFont(name: string): PDFKit.Mixins.PDFFontSource {
  const font: Font = openSync(join(fontFolder, `${name}.ttf`));
  // A font remembers for which letter it first made a glyph. Of a part of others, which a document takes along without
  // its letter, the next document could not say any more which letter it is.
  // Letters that are drawn as one come first: they are to be copied as the letters that they are.
  font.layout("ff fi fl ffi ffl");
  for (const codePoint of font.characterSet) font.glyphForCodePoint(codePoint);
  return font as unknown as PDFKit.Mixins.PDFFontSource;
}

const fonts = { plain: parsedFont("DejaVuSans"), bold: parsedFont("DejaVuSans-Bold") };
