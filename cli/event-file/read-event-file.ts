import type { NewEvent } from "../../booking-core/events/create-event.ts";
import type { HousePool } from "../../booking-core/events/event.ts";
import { classOfLetter } from "../../booking-core/sale/house-pools.ts";
import { hashCode } from "../../foundation/code-hash.ts";
import { changesOf } from "../../gateway/wire/sale.ts";
import { type EventFile, eventFileSchema } from "./event-file.ts";
import { chargesOf, type OfferParts, offerOf, salesOf } from "./offers-of.ts";
import { type Problem, problemsOf, type Tell, whatToDo } from "./problem.ts";
import { roomOf } from "./room-of.ts";
import { plannedOf, repeated } from "./sections-of.ts";

/** An event whose venue and seating plan are made with it. */
export type EventToMake = Omit<NewEvent, "venueId" | "seatingPlanId"> & {
  readonly venue: EventFile["venue"];
  readonly seatingPlan: string;
};
export type EventRead = { readonly event: EventToMake } | { readonly problems: readonly Problem[] };

/** What the file means is looked at once its shape is right. */
export function readEventFile(content: unknown, nowMs: number): EventRead {
  const parsed = eventFileSchema.safeParse(content, { error: whatToDo });
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const problems: Problem[] = [];
  const event = eventOf(parsed.data, nowMs, (path, says) => problems.push({ path, says }));
  return problems.length > 0 ? { problems } : { event };
}

function eventOf(file: EventFile, nowMs: number, tell: Tell): EventToMake {
  const { venue, seatingPlan, title, description, currency } = file;
  const startsAtMs = Date.parse(file.startsAt);
  if (startsAtMs <= nowMs) tell(["startsAt"], "is past: choose a later time");
  const sections = sectionsOf(file, offerPartsOf(file, startsAtMs, nowMs, tell));
  const sales = sections.flatMap(({ offers }) => offers.map(({ salesFromMs }) => salesFromMs));
  const { refundPolicy = null, ...rules } = changesOf(file.rules);
  return {
    ...{ venue, seatingPlan, title, description, startsAtMs, currency, rules, refundPolicy, sections },
    paymentWindowMs: file.paymentWindowSeconds * 1_000,
    pools: poolsOf(file, tell),
    room: roomOf(file.room, Math.min(...sales), tell),
  };
}

/** Without another word a sale begins now and ends as the event begins. */
function offerPartsOf(file: EventFile, startsAtMs: number, nowMs: number, tell: Tell): OfferParts {
  const { currency } = file;
  const usual = { salesFromMs: nowMs, salesUntilMs: startsAtMs };
  const sales = salesOf({ nowMs, tell }, file.sales, usual, ["sales"]);
  const charges = chargesOf({ currency, tell }, file.charges, ["charges"]);
  return { currency, charges, sales, nowMs, tell };
}

function sectionsOf({ sections }: EventFile, parts: OfferParts): EventToMake["sections"] {
  for (const index of repeated(sections.map(({ name }) => name)))
    parts.tell(["sections", index, "name"], "is there twice: each section has a name of its own");
  return sections.map((section, index) => {
    const path = ["sections", index];
    return {
      planned: plannedOf(section, path, parts.tell),
      offers: section.offers.map((offer, place) => offerOf(parts, offer, [...path, "offers", place])),
    };
  });
}

function poolsOf({ pools }: EventFile, tell: Tell): HousePool[] {
  for (const index of repeated(pools.map(({ letter }) => letter)))
    tell(["pools", index, "letter"], "is there twice: each pool has a letter of its own");
  const hashes = pools.map(({ code }) => hashCode(code));
  for (const index of repeated(hashes))
    tell(["pools", index, "code"], "opens another pool already: choose another one");
  return pools.map(({ letter, name, code }) => ({
    seatClass: classOfLetter(letter),
    name,
    codeHash: hashCode(code),
  }));
}
