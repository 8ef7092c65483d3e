import { z } from "zod";
import type { ErrorEntry } from "../../foundation/error-entry.ts";
import { type ErrorCode, errorTable } from "../../foundation/errors.ts";
import type { Money } from "../../foundation/money.ts";
import { moneySchema, moneyView } from "./money.ts";

export const errorCodes = Object.keys(errorTable) as ErrorCode[];

/** What a route says instead of its answer; the wrapper makes problem details of it. */
export type Refusal = {
  readonly refusal: ErrorCode;
  readonly detail?: string;
  readonly problems?: readonly FieldProblem[];
  readonly seatNumbers?: readonly number[];
  readonly free?: number;
  readonly most?: number;
  readonly available?: Money;
  /** When to try again, where it is known better than by default. */
  readonly retryAfterSeconds?: number;
};

export type FieldProblem = { readonly path: string; readonly message: string };

export const problemSchema = z
  .strictObject({
    type: z.url().meta({ description: "A page that explains the error." }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(errorCodes).meta({ description: "Stable; programs decide by it." }),
    retryable: z.boolean().meta({ description: "Whether the same request can succeed later." }),
    advice: z.string().meta({ description: "What to do now." }),
    requestId: z.string(),
    problems: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: "What is wrong with which field." }),
    seatNumbers: z.array(z.int()).optional().meta({ description: "The seats that are meant." }),
    free: z.int().optional().meta({ description: "The seats that were free." }),
    available: moneySchema.optional().meta({ description: "What the wallet has." }),
    most: z.int().optional().meta({ description: "The most seats that one booking may have." }),
  })
  .meta({ id: "Problem" });

export type Problem = z.infer<typeof problemSchema>;

export function problemView(refusal: Refusal, publicUrl: string, requestId: string): Problem {
  const { refusal: code, detail, problems, seatNumbers, free, most, available } = refusal;
  const entry: ErrorEntry = errorTable[code];
  return {
    type: `${publicUrl}/docs/errors#${code}`,
    title: entry.title,
    status: entry.status,
    detail: detail ?? entry.title,
    code,
    retryable: entry.retryable,
    advice: entry.advice,
    requestId,
    ...(problems === undefined ? {} : { problems: [...problems] }),
    ...(seatNumbers === undefined ? {} : { seatNumbers: [...seatNumbers] }),
    ...(free === undefined ? {} : { free }),
    ...(most === undefined ? {} : { most }),
    ...(available === undefined ? {} : { available: moneyView(available) }),
  };
}

/** A path that names the field and nothing that the sender wrote: unknown keys are named in the message. */
export function problemsOf(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, 20).map((issue) => ({
    path: issue.path.join(".").slice(0, 200),
    message: issue.message.slice(0, 200),
  }));
}
