import type { Clock } from "../../foundation/clock.ts";
import type { SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { seatsClaim } from "../../lua/generated.ts";
import type { Claim, ClaimOutcome } from "./claim.ts";
import { decodeAnswers, encodeClaim } from "./claim-lines.ts";

type Answered = ClaimOutcome | { readonly outcome: "failed"; readonly error: Error };

/** One call of the script for claims of sections that share a shard; the outcomes stand in the order of the claims. */
export async function runClaims(
  { redis, clock }: { redis: Redis; clock: Clock },
  claims: readonly Claim[],
): Promise<readonly Answered[]> {
  if (claims.length === 0) return [];
  const groups = bySection(claims);
  const answers = await seatsClaim(
    redis,
    groups.map(([{ claim }]) => sectionKeys(claim.eventId, claim.sectionId)),
    {
      nowMs: String(clock.now()),
      counts: String.fromCharCode(...groups.map(({ length }) => length)),
      claims: groups.map((group) => group.map(({ claim }) => encodeClaim(claim)).join("")).join(""),
    },
  );
  const outcomes: Answered[] = [];
  for (const [at, group] of groups.entries()) {
    const decoded = decodeAnswer(group, answers[at] as Answer);
    for (const [turn, { place }] of group.entries()) outcomes[place] = decoded[turn] as Answered;
  }
  return outcomes;
}

type Placed = { readonly claim: Claim; readonly place: number };
type Group = readonly [Placed, ...Placed[]];
type Answer = Awaited<ReturnType<typeof seatsClaim>>[number];

function bySection(claims: readonly Claim[]): readonly Group[] {
  const groups = new Map<SectionId, [Placed, ...Placed[]]>();
  for (const [place, claim] of claims.entries()) {
    const group = groups.get(claim.sectionId);
    if (group === undefined) groups.set(claim.sectionId, [{ claim, place }]);
    else group.push({ claim, place });
  }
  return [...groups.values()];
}

function decodeAnswer(group: Group, answer: Answer): readonly Answered[] {
  if (answer === "section_missing") return group.map(() => ({ outcome: answer }));
  if (isBroken(answer)) {
    const error = new Error(`section ${group[0].claim.sectionId} broke its claims: ${answer[1]}`);
    return group.map(() => ({ outcome: "failed", error }));
  }
  const claims = group.map(({ claim }) => claim);
  return decodeAnswers(claims, answer);
}

function isBroken(answer: Exclude<Answer, string>): answer is ["section_broken", string] {
  return answer[0] === "section_broken";
}
