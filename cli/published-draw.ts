/** The draw of an event as it is published: at the gateway, or in an answer that was saved. */
import { readFileSync } from "node:fs";
import type { DrawReceipt } from "../queue-admission/draw/draw-receipt.ts";
import { type DrawRecord, drawProofSchema, drawRecordSchema } from "../queue-admission/draw/draw-record.ts";

const answerMs = 20_000;

/** The record, or nothing where the gateway knows of no draw of the event. */
export async function fetchDraw(url: string, { eventId }: DrawReceipt): Promise<DrawRecord | undefined> {
  const address = drawAddress(url, eventId);
  const answer = await ask(address);
  return answer === undefined ? undefined : recordOf(jsonOf(answer), address);
}

/** The proof of the receipt's entry, or nothing where the gateway has none that can be read. */
export async function fetchProof(url: string, receipt: DrawReceipt): Promise<string[] | undefined> {
  const { eventId, lane, entry } = receipt;
  const answer = await ask(`${drawAddress(url, eventId)}/proofs/${encodeURIComponent(lane)}/${entry}`);
  return drawProofSchema.safeParse(jsonOf(answer ?? "")).data?.proof;
}

function drawAddress(url: string, eventId: string): string {
  return `${url.replace(/\/+$/, "")}/v1/events/${eventId}/draw`;
}

export function readSavedDraw(file: string): DrawRecord {
  return recordOf(jsonOf(readFileSync(file, "utf8")), file);
}

function recordOf(answer: unknown, source: string): DrawRecord {
  const record = drawRecordSchema.safeParse(answer);
  if (!record.success) throw new Error(`${source} does not hold the record of a draw`);
  return record.data;
}

/** The gateway gave no answer that says anything about the draw. */
export class GatewayAway extends Error {}

async function ask(address: string): Promise<string | undefined> {
  const { status, ok, text } = await get(address);
  if (status === 404) return undefined;
  if (!ok) throw new GatewayAway(`${address} answered ${status}`);
  return text;
}

async function get(address: string): Promise<{ status: number; ok: boolean; text: string }> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(answerMs) });
    return { status: answer.status, ok: answer.ok, text: await answer.text() };
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new GatewayAway(`${address}: ${reason}`);
  }
}

/** Nothing where the text is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
