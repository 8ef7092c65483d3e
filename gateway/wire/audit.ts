import { z } from "zod";
import { type Actor, type AuditEntry, auditActions } from "../../booking-core/rooms/audit.ts";
import type { Buyer } from "../services.ts";
import { timeSchema, timeView } from "./time.ts";

const detail = z.record(z.string(), z.unknown()).nullable().meta({
  description: "With the names and units that the request had; null where there is nothing to say.",
});

export const auditEntrySchema = z
  .strictObject({
    id: z.string(),
    at: timeSchema("When it was done."),
    actor: z.strictObject({ id: z.string().nullable(), email: z.string() }),
    action: z.enum(auditActions),
    before: detail,
    after: detail,
  })
  .meta({ id: "AuditEntry" });

export const actorOf = ({ buyerId, email }: Buyer): Actor => ({ id: buyerId, email });

export function auditEntryView({
  atMs,
  before,
  after,
  ...same
}: AuditEntry): z.infer<typeof auditEntrySchema> {
  return { ...same, at: timeView(atMs), before: detailView(before), after: detailView(after) };
}

/** By the names alone: an entry can be older than a setting. */
function detailView(kept: unknown): Record<string, unknown> | null {
  if (typeof kept !== "object" || kept === null) return null;
  return Object.fromEntries(Object.entries(kept).map(([name, value]) => fieldView(name, value)));
}

function fieldView(name: string, value: unknown): [string, unknown] {
  if (typeof value !== "number" || !name.endsWith("Ms")) return [name, value];
  const plain = name.slice(0, -"Ms".length);
  return plain.endsWith("At") ? [plain, timeView(value)] : [`${plain}Seconds`, value / 1_000];
}
