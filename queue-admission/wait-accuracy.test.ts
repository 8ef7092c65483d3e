import { beforeAll, describe, expect, test } from "vitest";
import { families } from "./test-room-plans.ts";
import { seededRandom } from "./test-simulation.ts";
import {
  type Answer,
  createNaivePromiser,
  createOurPromiser,
  medianRatio,
  shareInside,
  surveyRoom,
} from "./test-wait-survey.ts";
import type { WaitAccuracy } from "./wait-probes.ts";

const seed = 20_260_711;
const roomsPerFamily = 24;

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** Every room of every family, each with a seed of its own. */
function surveyAll<T>(
  perFamily: number,
  survey: (family: (typeof families)[number], seed: number) => T,
): T[] {
  const seeds = seededRandom(seed);
  return families.flatMap((family) =>
    Array.from({ length: perFamily }, () => survey(family, Math.floor(seeds() * 2 ** 32))),
  );
}

describe(`what buyers are told in ${families.length * roomsPerFamily} simulated rooms (seed ${seed})`, () => {
  let rooms: { answers: Answer[]; accuracy: WaitAccuracy; saved: string }[] = [];
  let answers: Answer[] = [];

  beforeAll(() => {
    rooms = surveyAll(roomsPerFamily, (family, roomSeed) => {
      const ours = createOurPromiser();
      const roomAnswers = surveyRoom(family, roomSeed, ours);
      return { answers: roomAnswers, accuracy: ours.estimate.accuracy(), saved: ours.estimate.save() };
    });
    answers = rooms.flatMap((room) => room.answers);
    const byFamily = families.map((family) => {
      const of = answers.filter((answer) => answer.family === family);
      return `${family} ${percent(shareInside(of))} ×${medianRatio(of).toFixed(2)}`;
    });
    process.stdout.write(
      `seed ${seed}: ${answers.length} buyers, ${percent(shareInside(answers))} inside, ` +
        `until/from ×${medianRatio(answers).toFixed(2)} (${byFamily.join(", ")})\n`,
    );
  }, 120_000);

  test("comes true for 75 to 85 of a hundred", () => {
    expect(answers.length).toBeGreaterThan(50_000);
    expect(shareInside(answers)).toBeGreaterThanOrEqual(0.75);
    expect(shareInside(answers)).toBeLessThanOrEqual(0.85);
  });

  test.each(families)("comes true for at least 60 of a hundred in the family %s", (family) => {
    expect(shareInside(answers.filter((answer) => answer.family === family))).toBeGreaterThanOrEqual(0.6);
  });

  test.each([
    ["100 from the front", 100, 100],
    ["thousands from the front", 1_000, 10_000],
    ["tens of thousands from the front", 20_000, 1_000_000],
  ])("comes true for at least 65 of a hundred %s", (_, least, most) => {
    const there = answers.filter(({ ahead }) => ahead >= least && ahead <= most);
    expect(there.length).toBeGreaterThan(1_000);
    expect(shareInside(there)).toBeGreaterThanOrEqual(0.65);
  });

  test("is narrow: half of the ranges end before twice their beginning", () => {
    expect(medianRatio(answers)).toBeLessThan(2);
  });

  test("is judged by the estimate itself as the buyers would, within ten of a hundred", () => {
    const sum = (of: (accuracy: WaitAccuracy) => number) =>
      rooms.reduce((total, { accuracy }) => total + of(accuracy), 0);
    const measured = sum((accuracy) => accuracy.measured);
    expect(Math.abs(sum((accuracy) => accuracy.inside) / measured - shareInside(answers))).toBeLessThan(0.1);
    expect(sum(({ inside, early, late }) => inside + early + late)).toBe(measured);
  });

  test("takes at most 1 KiB to remember, however long the room ran", () => {
    expect(Math.max(...rooms.map(({ saved }) => saved.length))).toBeLessThanOrEqual(1_024);
  });
});

test("an estimate that believes the configured rate misses the bar", () => {
  const answers = surveyAll(4, (family, roomSeed) =>
    surveyRoom(family, roomSeed, createNaivePromiser()),
  ).flat();
  expect(shareInside(answers)).toBeLessThan(0.6);
});
