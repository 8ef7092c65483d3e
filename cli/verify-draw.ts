/** `onsale verify-draw RECEIPT`: a buyer checks the own number in the draw of a lobby. Needs no account and no secret. */
import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import {
  checkDraw,
  type DrawCheck,
  type DrawClaim,
  type DrawFailure,
} from "../queue-admission/draw/check-draw.ts";
import { type DrawReceipt, decodeDrawReceipt } from "../queue-admission/draw/draw-receipt.ts";
import { isHeld } from "../queue-admission/draw/draw-record.ts";
import { fetchDraw, fetchProof, GatewayAway, readSavedDraw } from "./published-draw.ts";
import { runningGateway } from "./running-config.ts";

type Options = { url?: string; data: string; draw?: string; commitment?: string };
type Check = {
  readonly fails: DrawFailure["outcome"];
  readonly name: string;
  /** What the check cannot be made without. */
  readonly needs?: "commitment" | "proof" | "number";
};
type Report = { readonly lines: readonly string[]; readonly exitCode: 0 | 1 | 2 | 3 };

/** In the order in which they are made: those before the one that fails have passed. */
const checks: readonly Check[] = [
  { fails: "other_event", name: "the draw is of this event" },
  { fails: "other_commitment", name: "the commitment is the one noted before the draw", needs: "commitment" },
  { fails: "other_seed", name: "the seed opens the commitment" },
  { fails: "lane_missing", name: "the lane was drawn" },
  { fails: "entry_missing", name: "the entry is in the list" },
  { fails: "other_entrant", name: "the entry is of this identity", needs: "proof" },
  { fails: "other_number", name: "the draw gives the number of the receipt", needs: "number" },
];

const notDrawn = "--   the draw is not held yet: its seed is still secret";
const cameLater =
  "--   no draw is held, and the receipt has a number: a place that came after the opening is not drawn, its number is its entry";

export function addVerifyDraw(program: Command): void {
  program
    .command("verify-draw")
    .description(
      "check the number of a receipt in the draw of its lobby; exits 1 on a failure, 2 without a draw, 3 without an answer",
    )
    .argument("<receipt>", "the receipt, or the file that holds it")
    .option("--url <address>", "the gateway (the one that `npm start` runs otherwise)")
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .option("--draw <file>", "a saved answer of /v1/events/:id/draw, to check without a gateway")
    .option("--commitment <hex>", "the commitment as you noted it before the draw")
    .action(async (receipt: string, options: Options) => {
      const { lines, exitCode } = await verifyDraw(receipt, options);
      process.stdout.write(lines.map((line) => `${line}\n`).join(""));
      process.exitCode = exitCode;
    });
}

async function verifyDraw(token: string, options: Options): Promise<Report> {
  try {
    const receipt = decodeDrawReceipt(existsSync(token) ? readFileSync(token, "utf8") : token);
    if (receipt === undefined) return failed("this is not the receipt of a place");
    return await verifyReceipt(receipt, options);
  } catch (error) {
    const { message } = error as Error;
    return error instanceof GatewayAway ? unanswered(message) : failed(message);
  }
}

async function verifyReceipt(receipt: DrawReceipt, options: Options): Promise<Report> {
  const { draw, url = runningGateway(options.data) } = options;
  const record = draw === undefined ? await fetchDraw(url, receipt) : readSavedDraw(draw);
  if (record === undefined) return { lines: ["--   there is no draw of this event"], exitCode: 2 };
  const commitment = options.commitment?.toLowerCase() ?? receipt.commitment;
  // A proof that is withheld proves nothing: an empty one fails, except where the list has one entrant alone.
  const proof = isHeld(record) && draw === undefined ? ((await fetchProof(url, receipt)) ?? []) : undefined;
  const claim = { ...receipt, commitment, proof };
  return reportOf(claim, checkDraw(record, claim));
}

function reportOf(claim: DrawClaim, result: DrawCheck): Report {
  if (result.outcome === "not_drawn") {
    // A number that is not the entry was drawn: then the draw is withheld, and that is not said to be well.
    const reason = claim.number === claim.entry ? cameLater : notDrawn;
    return { lines: [...linesOf(claim, "other_seed"), reason], exitCode: 2 };
  }
  if (result.outcome !== "fair")
    return { lines: [...linesOf(claim, result.outcome), lineOfFailure(result)], exitCode: 1 };
  const drawn = `the draw gives entry ${claim.entry} of ${claim.lane} the number ${result.number}`;
  return { lines: [...linesOf(claim), drawn], exitCode: 0 };
}

/** The checks before the one that failed: passed, or left out where what they need is not there. */
function linesOf(claim: DrawClaim, until?: DrawFailure["outcome"]): string[] {
  const end = checks.findIndex(({ fails }) => fails === until);
  const made = end === -1 ? checks : checks.slice(0, end);
  return made.map(({ name, needs }) =>
    needs === undefined || claim[needs] !== undefined
      ? `ok   ${name}`
      : `--   ${name}: not checked, no ${needs}`,
  );
}

function lineOfFailure(failure: DrawFailure): string {
  const name = checks.find(({ fails }) => fails === failure.outcome)?.name;
  return `FAIL ${name}: ${reasonOf(failure)}`;
}

function reasonOf(failure: DrawFailure): string {
  switch (failure.outcome) {
    case "other_event":
      return `it is of ${failure.eventId}`;
    case "other_commitment":
      return `${failure.commitment} is published now`;
    case "other_seed":
      return `it opens ${failure.opens}`;
    case "lane_missing":
      return "it is not in the record";
    case "entry_missing":
      return `the list ends at ${failure.entrants}; who came after the lobby is not drawn and keeps the entry as number`;
    case "other_entrant":
      return "no proof leads from it to the published root";
    case "other_number":
      return `it gives ${failure.number}`;
  }
}

/** Says nothing about the draw: it must not look like one that is forged. */
function unanswered(reason: string): Report {
  return { lines: [`--   nothing was checked, the gateway gave no answer: ${reason}`], exitCode: 3 };
}

function failed(reason: string): Report {
  return { lines: [`FAIL ${reason}`], exitCode: 1 };
}
