import type { Door } from "../../booking-core/doors/scan.ts";
import type { Runtime } from "../runtime.ts";
import type { Buyer } from "../services.ts";
import type { Refusal } from "../wire/problem.ts";

/** What a request shows of who makes it. */
export type Presented = {
  readonly authorization: string | undefined;
  /** The header `DPoP`. */
  readonly deviceProof: string | undefined;
  readonly method: string;
  /** As it came, without the query. */
  readonly path: string;
};

/** Decides from memory alone who calls. A token that is bound to a device is good only with a proof of its key. */
export function authenticateBuyer(
  runtime: Pick<Runtime, "services" | "bounds" | "guards">,
  presented: Presented,
): { readonly buyer: Buyer } | Refusal {
  const token = tokenOf(runtime, presented.authorization);
  if (typeof token !== "string") return token;
  const buyer = runtime.services.tokens.verify("buyer", token);
  if (buyer === undefined) return { refusal: "token_invalid" };
  const jkt = buyer.cnf?.jkt;
  const refusal = jkt === undefined ? undefined : deviceProblem(runtime, presented, token, jkt);
  return refusal ?? { buyer };
}

/** The device of a door of this event, as long as the door is open. */
export function authenticateDoor(
  runtime: Pick<Runtime, "services" | "bounds">,
  authorization: string | undefined,
  eventId: string,
): Promise<Door | Refusal> | Door | Refusal {
  const token = tokenOf(runtime, authorization);
  if (typeof token !== "string") return token;
  const { tokens, doors } = runtime.services;
  const claims = tokens.verify("door", token);
  if (claims === undefined) return { refusal: "token_invalid" };
  if (claims.eventId !== eventId) return { refusal: "forbidden" };
  const door = doors.open(claims.doorId);
  const orRefusal = (found: Door | undefined) => found ?? ({ refusal: "token_invalid" } as const);
  return door instanceof Promise ? door.then(orRefusal) : orRefusal(door);
}

function tokenOf({ bounds }: Pick<Runtime, "bounds">, authorization: string | undefined): string | Refusal {
  const mostChars = bounds.http.headerValueChars;
  if (authorization === undefined) return { refusal: "token_missing" };
  const token = /^(?:bearer|dpop) +([^ ]+)$/i.exec(authorization.slice(0, mostChars + 1))?.[1];
  return token === undefined || token.length > mostChars ? { refusal: "token_invalid" } : token;
}

function deviceProblem(
  { guards }: Pick<Runtime, "guards">,
  { deviceProof: proof, method, path }: Presented,
  accessToken: string,
  jkt: string,
): Refusal | undefined {
  if (proof === undefined) return { refusal: "device_proof_missing" };
  const { outcome } = guards.deviceProofs.check({ proof, method, path, accessToken, jkt });
  if (outcome === "good") return undefined;
  if (outcome === "too_many") return { refusal: "too_many_requests" };
  if (outcome === "busy") return { refusal: "busy" };
  return { refusal: "device_proof_wrong", detail: `The proof of the device is not good: ${outcome}.` };
}

/** The key of a device that opens a session, where it shows one. */
export function deviceOf(
  { guards }: Pick<Runtime, "guards">,
  { deviceProof: proof, method, path }: Pick<Presented, "deviceProof" | "method" | "path">,
): { readonly jkt: string | undefined } | Refusal {
  if (proof === undefined) return { jkt: undefined };
  const checked = guards.deviceProofs.check({ proof, method, path, accessToken: undefined, jkt: undefined });
  if (checked.outcome === "good") return { jkt: checked.jkt };
  return {
    refusal: "device_proof_wrong",
    detail: `The proof of the device is not good: ${checked.outcome}.`,
  };
}
