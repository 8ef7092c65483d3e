import type { OnsaleEvent, Section } from "../event.ts";

/** One version of an event as buyers see it. Never changed: another version is another object. */
export type PublishedEvent = {
  readonly version: number;
  readonly event: OnsaleEvent;
  /** Its sections by the digest of their content, for those that came from Redis. */
  readonly parts: ReadonlyMap<string, Section>;
};
