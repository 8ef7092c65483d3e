import { availableParallelism } from "node:os";
import { type Broken, type Figure, judge, type Measurement, type Report } from "./report.ts";

export type Run = {
  /** Small enough for every run of the tests. */
  readonly tiny: boolean;
  /** Servers of a part may keep their data here; gone after the run. */
  readonly folder: string;
  /** A line of progress for who waits at the terminal. */
  readonly say: (line: string) => void;
};

export type Part = {
  readonly name: string;
  measure(run: Run): Promise<readonly Measurement[]>;
};

export type Suite = { readonly name: string; readonly description: string; readonly parts: readonly Part[] };

/** One part after the other; a broken one does not keep the next from being measured. */
export async function runSuite(suite: Suite, parts: readonly Part[], run: Run): Promise<Report> {
  const startedAt = new Date();
  const figures: Figure[] = [];
  const broken: Broken[] = [];
  for (const part of parts) {
    run.say(part.name);
    try {
      const measured = await part.measure({ ...run, say: (line) => run.say(`${part.name}: ${line}`) });
      if (measured.length === 0) throw new Error("it measured nothing");
      figures.push(...measured.map((measurement) => judge(part.name, measurement, run.tiny)));
    } catch (failure) {
      const problem = failure instanceof Error ? failure.message : String(failure);
      run.say(`${part.name} is broken: ${failure instanceof Error ? failure.stack : problem}`);
      broken.push({ part: part.name, problem });
    }
  }
  return {
    suite: suite.name,
    tiny: run.tiny,
    startedAt: startedAt.toISOString(),
    machine: { cores: availableParallelism(), node: process.version },
    seconds: (Date.now() - startedAt.getTime()) / 1_000,
    figures,
    broken,
  };
}

/** The parts of these names; all without any. A name that is none of them is told by throwing. */
export function chosenParts(suite: Suite, only: readonly string[]): readonly Part[] {
  const known = suite.parts.map((part) => part.name);
  const unknown = only.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`There is no part ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  return only.length === 0 ? suite.parts : suite.parts.filter((part) => only.includes(part.name));
}
