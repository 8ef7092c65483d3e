// The page: a list of sections, and the seats of the chosen one.
import { boxOf, drawSection, drawState, seatAt, sizeOf } from "./draw-section.mjs";
import { liveSeats } from "./live-seats.mjs";
import { describeSeat, nextSeat, placeSeats, stateWords } from "./place-seats.mjs";
import { showMoment, showPrice, showRefunds } from "./show-prices.mjs";

const eventId = location.pathname.split("/")[2];
const base = `${location.origin}/v1/events/${eventId}`;
const element = (id) => document.getElementById(id);
const canvas = element("seats");
/** On average: seats tell live what becomes of them, but not that their event is cancelled. */
const lookAgainMs = 60_000;
const page = {
  event: undefined,
  plan: undefined,
  live: undefined,
  section: undefined,
  places: [],
  chosen: undefined,
  told: undefined,
};

async function start() {
  const [event, plan] = await Promise.all([read(base), read(`${base}/plan`)]);
  Object.assign(page, { event, plan });
  document.title = element("title").textContent = event.title;
  element("where").textContent = `${showMoment(event.startsAt)}, ${event.venue.name}, ${event.venue.city}`;
  element("refunds").textContent = showRefunds(event);
  if (event.status === "cancelled") return showNoSeats("The event does not take place.");
  showLegend();
  showSections();
  page.live = liveSeats(base, showChange, showState);
  lookAgain();
}

async function read(address) {
  const answer = await fetch(address);
  if (answer.ok) return answer.json();
  throw Object.assign(new Error(`${address} answered ${answer.status}`), { status: answer.status });
}

/** What cannot be the id of an event (422) is none either. */
const isUnknown = ({ status }) => status === 404 || status === 422;

/** What is not sold is not shown for sale. */
function showNoSeats(why) {
  element("state").textContent = why;
  element("map").remove();
}

/** Each page at a time of its own. Who cannot read the event now asks the next time. */
function lookAgain() {
  setTimeout(
    async () => {
      const event = await read(base).catch(() => page.event);
      if (event.status === "cancelled") location.reload();
      else lookAgain();
    },
    lookAgainMs * (0.5 + Math.random()),
  );
}

function showLegend() {
  for (const [letter, words] of Object.entries(stateWords)) {
    const item = document.createElement("li");
    const shape = Object.assign(document.createElement("canvas"), { width: 18, height: 18 });
    shape.setAttribute("aria-hidden", "true");
    shape.getContext("2d").translate(9, 9);
    drawState(shape.getContext("2d"), letter);
    item.append(shape, ` ${words}`);
    element("legend").append(item);
  }
}

function showSections() {
  for (const section of page.plan.sections) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.id = section.id;
    button.textContent = section.name;
    button.onclick = () => choose(section);
    const item = document.createElement("li");
    item.append(button);
    element("sections").append(item);
  }
}

function showFree(section) {
  const free = page.live?.sections.get(section.id)?.free;
  const button = document.querySelector(`button[data-id="${section.id}"]`);
  button.textContent = `${section.name}: ${free === undefined ? "…" : `${free} of ${section.capacity} free`}`;
  button.setAttribute("aria-pressed", String(section === page.section));
}

function choose(section) {
  const before = page.section;
  Object.assign(page, { section, places: placeSeats(section), chosen: undefined });
  if (before !== undefined) showFree(before);
  showFree(section);
  fitCanvas(sizeOf(section, page.places));
  const isStanding = section.kind === "standing";
  canvas.hidden = isStanding;
  element("seat").textContent = isStanding
    ? "Places here are for standing: there is no seat to choose."
    : "Choose a seat.";
  showPrices(section);
  canvas.setAttribute("aria-label", `Seats of ${section.name}; the arrow keys go from seat to seat`);
  draw();
}

/** As many points as the screen has, so that letters are sharp on a telephone; browsers show no canvas past some 16,000. */
function fitCanvas({ width, height }) {
  const scale = Math.max(1, Math.min(devicePixelRatio, 8_192 / Math.max(width, height)));
  Object.assign(canvas, { width: width * scale, height: height * scale });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  canvas.getContext("2d").scale(scale, scale);
}

/** The plan knows the prices; the event knows what they are made of. */
function showPrices({ id }) {
  const { sections, currencyDecimals } = page.event;
  const offers = sections.find((section) => section.id === id)?.offers ?? [];
  const items = offers.map((offer) =>
    Object.assign(document.createElement("li"), { textContent: showPrice(offer, currencyDecimals) }),
  );
  element("prices").replaceChildren(...items);
}

function draw() {
  const states = page.live?.sections.get(page.section?.id)?.states ?? [];
  if (page.section !== undefined)
    drawSection(canvas.getContext("2d"), page.section, page.places, states, page.chosen);
}

function showChange(changed) {
  for (const section of page.plan.sections)
    if (changed === undefined || changed.has(section.id)) showFree(section);
  if (changed !== undefined && !changed.has(page.section?.id)) return;
  draw();
  if (page.chosen !== undefined && stateOf(page.chosen) !== page.told) point(page.chosen);
}

const stateOf = (number) => page.live?.sections.get(page.section.id)?.states[number];

function showState(isLive) {
  element("state").textContent = isLive ? "Live" : "Not live: trying to come back";
}

function point(number) {
  if (number === undefined || page.places[number] === undefined) return;
  page.chosen = number;
  page.told = stateOf(number);
  element("seat").textContent = describeSeat(page.places[number], page.told, page.event.currencyDecimals);
  draw();
}

/** A seat that the keys have chosen outside of what is seen comes into the middle of it. */
function bringIntoView(seat) {
  const hall = canvas.parentElement;
  const { left, top, side } = boxOf(seat);
  const isSeen =
    left >= hall.scrollLeft &&
    left + side <= hall.scrollLeft + hall.clientWidth &&
    top >= hall.scrollTop &&
    top + side <= hall.scrollTop + hall.clientHeight;
  if (!isSeen) hall.scrollTo(left - hall.clientWidth / 2, top - hall.clientHeight / 2);
}

canvas.onkeydown = (pressed) => {
  if (!pressed.key.startsWith("Arrow") || page.section === undefined) return;
  pressed.preventDefault();
  point(page.chosen === undefined ? 0 : nextSeat(page.places, page.chosen, pressed.key));
  if (page.chosen !== undefined) bringIntoView(page.places[page.chosen]);
};
canvas.onclick = ({ offsetX, offsetY }) => point(seatAt(page.places, offsetX, offsetY));

start().catch((error) => {
  if (isUnknown(error)) return showNoSeats("There is no such event.");
  element("state").textContent = "The event could not be read. Reload the page to try again.";
});
