import { limits } from "../../foundation/limits.ts";
import { subprotocol } from "../room/room-messages.ts";

const { payloadBytes, messagesPerMinute, connectionsPerBuyer } = limits.socket;

const course = [
  "The server says `hello`, then `standing`; after that each buyer follows by the ticks alone: the people ahead of the own number are `number − served − 1` of the own lane, less what lies in `gaps`, and the wait lies between (ahead + 1) ÷ `fast` and (ahead + 1) ÷ `slow` minutes, four times of five.",
  "Ticks come each second to the next thousand, each 5 s to the next ten thousand, each 30 s to everybody else, and at once to all when the state changes. A connection that hears nothing for 90 s is dead.",
  "A client that hears `place_missing` and has a receipt joins again with it: the room may have lost its memory, and the receipt brings the place back with its number.",
  "To be connected is to be here. Whoever is away when the number comes up is stepped over, keeps the number, and is the next once back. A turn that is not taken up in its window lapses; `here` says that somebody is there again.",
  "Whoever is inside hears of the own bookings here too: `booking` comes on every connection of the buyer to the event, by WebSocket and stream alike, whoever changed the booking and wherever. It is not repeated: after a connection was lost, load the bookings anew.",
  "Messages of an unknown type are to be ignored.",
];

/** A browser cannot send headers with a WebSocket, and a subprotocol can be read back: hence two ways. */
const connecting = (publicUrl: string) => [
  "## How to connect",
  `The WebSocket takes what it must know as subprotocols, because browsers send no headers with it: \`${subprotocol}\`, \`bearer.TOKEN\`, and where there is one \`receipt.RECEIPT\` and \`dpop.PROOF\`. In a browser: \`new WebSocket(url, ["${subprotocol}", "bearer." + token, "receipt." + receipt])\`. The server answers with \`${subprotocol}\`. Clients that can send headers may send \`Authorization: Bearer TOKEN\` instead of \`bearer.TOKEN\`.`,
  "The stream takes headers: `Authorization: Bearer TOKEN`, and where there is one `Onsale-Receipt: RECEIPT` and `DPoP: PROOF`. The `EventSource` of browsers cannot send them; `fetch` can, and reads the body as it comes.",
  `The receipt can be left out; with it the server need not look the place up. The proof is needed where the session is bound to a device, and is one of \`GET\` at the address with http or https, for the WebSocket too: \`${publicUrl}/v1/events/EVENT/room\`, with the \`ath\` of the token.`,
  `What is refused is refused before the connection is open, with problem details and their status. A browser's page must be of the same origin. A buyer has at most ${connectionsPerBuyer} connections to an event at each gateway; more answer 503 \`busy\`.`,
];

const saying = [
  "## What a client says",
  '`{"type":"standing"}` asks where the buyer stands; the answer is `standing`. `{"type":"here"}` says that somebody is there after a turn that lapsed, so that the place is the next; the answer is `standing` too. Nothing else is needed: a client that only listens is right. On the stream nothing can be said: `GET …/places/mine` asks, and joining again says `here`.',
  `A client may say ${messagesPerMinute} messages a minute. With more, and with a message that is not exactly one of the two as JSON text, the server says \`bye\` and closes with 1008. A message of more than ${payloadBytes} bytes ends the connection at once, without \`bye\`.`,
];

const ending = [
  "## How it ends, and how to come back",
  "`bye` says why, as `reason`. `stopping`: this gateway ends, another one is there (1001). `unavailable`: the place could not be read just now (1013). `too_slow`: the client of a stream does not read what it is sent. `too_many_messages`, `message_invalid`: the client said too much, or what is not known (1008); the same again ends the same way. On the stream the same message is the last one. A connection can also end without `bye`: a WebSocket whose client does not read, and each one after three hours.",
  "`reconnect`, in `hello` and `bye`, says how to come back, by WebSocket and stream alike: wait a random time between 0 and a bound. The bound begins at `firstMs`, or at `farFirstMs` for who has `farAhead` people or more ahead; with each attempt that fails it is multiplied by `factor`, up to `mostMs`; a connection that opened sets it back. A place is not lost meanwhile. Bring the receipt: the server then need not look anything up.",
];

/** The rules of the room's connections, as CommonMark: paragraphs and headings. */
export function roomText(publicUrl: string): string {
  const base = publicUrl.replace(/\/+$/, "");
  return [...course, ...connecting(base), ...saying, ...ending].join("\n\n");
}
