import { besideInTurns } from "../bench/in-turns.ts";
import type { Bar, Measurement } from "../bench/report.ts";
import type { Measured } from "../measure.ts";
import { type ShopTime, timeFigures } from "./shop-time.ts";

/** What was measured under each name, a round after the other; the time is that of ours, spread. */
export type Rounds = { readonly measured: Map<string, readonly Measured[]>; time: ShopTime };

export function bookingFigures({ measured, time }: Rounds): Measurement[] {
  const of = (name: string) => measured.get(name) ?? [];
  const beside = (load: string, baseline: string, limitName: string, at?: number): Measurement => ({
    ...{ name: `durable bookings, ${load}`, unit: "bookings/s" },
    ...besideInTurns(perSecond(of(`ours ${load}`)), { name: limitName, values: perSecond(of(baseline)) }),
    ...(at !== undefined && { bar: { of: "ratio", sign: "≥", at, size: "full" } satisfies Bar }),
  });
  const spread = of("ours spread");
  return [
    beside("spread", "bare", "a bare uWebSockets.js server", 0.2),
    beside("spread", "skip-locked spread", "Postgres rows, SKIP LOCKED", 4),
    beside("spread", "row-locks spread", "Postgres rows, row locks"),
    beside("spread", "one-statement spread", "Postgres rows, one statement"),
    beside("one section", "skip-locked one section", "Postgres rows, SKIP LOCKED", 5),
    beside("one section", "row-locks one section", "Postgres rows, row locks"),
    beside("one section", "one-statement one section", "Postgres rows, one statement"),
    { name: "durable bookings: half are answered within", value: mean(spread, "p50Ms"), unit: "ms" },
    { name: "durable bookings: 99% are answered within", value: mean(spread, "p99Ms"), unit: "ms" },
    ...timeFigures(time, total(spread, "good")),
    wrongAnswers("ours", [...spread, ...of("ours one section")]),
    wrongAnswers(
      "the baselines",
      [...measured].filter(([name]) => !name.startsWith("ours")).flatMap(([, all]) => all),
    ),
  ];
}

/** Seats are free for everybody, so that a refusal is as wrong as an error. */
function wrongAnswers(who: string, measured: readonly Measured[]): Measurement {
  const value = total(measured, "refused") + total(measured, "errors");
  const name = `bookings that ${who} answered otherwise`;
  return { name, value, unit: "answers", bar: { of: "value", sign: "≤", at: 0, size: "any" } };
}

function perSecond(measured: readonly Measured[]): number[] {
  return measured.map((one) => one.perSecond);
}

function mean(measured: readonly Measured[], field: keyof Measured): number {
  return total(measured, field) / measured.length;
}

function total(measured: readonly Measured[], field: keyof Measured): number {
  return measured.reduce((sum, one) => sum + one[field], 0);
}
