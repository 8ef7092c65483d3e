import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { roomSettingsSchema } from "../../queue-admission/room-settings.ts";
import { defineRoute, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";
import type { FieldProblem, Refusal } from "../wire/problem.ts";
import { givenTimeSchema } from "../wire/time.ts";

const codesSchema = z
  .strictObject({
    lane: z.string().meta({ description: "A lane of this room, not the first: that one needs no code." }),
    kind: z.enum(["single", "multi"]).meta({ description: "Codes of one use, or of many." }),
    uses: z.int().min(1).max(1_000_000).optional().meta({
      description: "Of each code of many uses; left out with `single`.",
    }),
    endsAt: givenTimeSchema("Until when the codes are good; in the future."),
    count: z.int().min(1).max(10_000).meta({ description: "How many codes to make." }),
  })
  .meta({ id: "CodesRequest" });

type Wish = z.output<typeof codesSchema>;

export const createCodes = defineRoute({
  name: "createCodes",
  method: "post",
  path: "/v1/admin/events/:eventId/room/codes",
  summary: "Make codes for a priority lane. They are shown this once; only their hashes are kept.",
  access: "operator",
  params: z.strictObject({ eventId: idSchema<EventId>("The event.") }),
  body: codesSchema,
  idempotent: false,
  answers: {
    201: { description: "The codes.", json: z.strictObject({ codes: z.array(z.string()) }) },
  },
  refusals: ["not_found"],
  async handle({ services, params: { eventId }, body, buyer }) {
    const room = await services.roomStore.find(eventId);
    if (room === undefined) return { refusal: "not_found" };
    const { lanes } = roomSettingsSchema.parse(room.settings);
    const problems = problemsOf(body, lanes[0]?.name, services.clock.now());
    if (problems.length > 0) return invalid(problems);
    const { endsAt, ...wish } = body;
    const wanted = { ...wish, endsAtMs: Date.parse(endsAt) };
    const made = await services.roomCodes.create(eventId, actorOf(buyer), wanted);
    if (made.outcome === "not_found") return { refusal: made.outcome };
    if (made.outcome !== "created")
      return invalid([{ path: "lane", message: "must be a lane of this room" }]);
    await services.publishRoom(eventId);
    return reply(201, { codes: [...made.codes] });
  },
});

function problemsOf({ lane, kind, uses, endsAt }: Wish, general: string | undefined, nowMs: number) {
  const problems: FieldProblem[] = [];
  if (lane === general)
    problems.push({ path: "lane", message: "must not be the first lane: it needs no code" });
  if (kind === "multi" && uses === undefined)
    problems.push({ path: "uses", message: "must be there for codes of many uses" });
  if (kind === "single" && uses !== undefined)
    problems.push({ path: "uses", message: "must be left out for codes of one use" });
  if (Date.parse(endsAt) <= nowMs) problems.push({ path: "endsAt", message: "must be in the future" });
  return problems;
}

const invalid = (problems: FieldProblem[]): Refusal => ({ refusal: "invalid_request", problems });
