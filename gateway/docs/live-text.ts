import { limits } from "../../foundation/limits.ts";

const { windowMs, sectionsChosen, watchersPerAddress } = limits.seatMap;

/** The rules of the live seats, as CommonMark: paragraphs. */
export const liveText = [
  "How the seats of an event change, for whoever draws them. No token is needed. The same address is a WebSocket where the request asks for one, and else a stream of server-sent events with one message a `data` line.",
  `\`?sections=ID,ID\` chooses up to ${sectionsChosen} sections; without, all are followed. First comes \`sections\`; then, at most once in ${windowMs} ms, \`seats\` with everything that changed meanwhile.`,
  "How to follow: open the connection, then take the snapshot (`GET …/seats`), then apply each change to it in the order in which they came. Of a section that is at version v: a change whose `version` is not above v is old and is left out; one whose `from` is at most v is applied, and its `version` is the section's from then on; one whose `from` is above v, or that says `reload`, means that something was missed: take the snapshot again, after a short random wait. A change says how its seats are, not what was done to them, so that one may be applied twice.",
  `An address has at most ${watchersPerAddress} connections at each gateway; more answer 503 \`busy\`. A browser's page must be of the same origin. A client says nothing; whatever it says ends the connection. One that does not read is cut off. Messages of an unknown type are to be ignored.`,
  "`bye` says why the server ends the connection: `stopping` (1001), `unavailable` (1013), `message_invalid` (1008). `reconnect` says how to come back: after a random time between 0 and a bound that begins at `firstMs` and is multiplied by `factor` with each failure, up to `mostMs`. After coming back, take the snapshot.",
].join("\n\n");
