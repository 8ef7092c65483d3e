import { z } from "zod";
import { liveText } from "./docs/live-text.ts";
import { roomText } from "./docs/room-text.ts";
import {
  clientMessageSchema,
  roomPath,
  serverMessages,
  streamPath,
  subprotocol,
} from "./room/room-messages.ts";
import { liveMessages, livePath } from "./seat-map/live-messages.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * What is said on the connections to the room and to the live seats, as an AsyncAPI 3 document, from the schemas that
 * validate it.
 */
export function asyncApiDocument(publicUrl: string): Json {
  const { host, pathname, protocol } = new URL(publicUrl);
  const secure = protocol === "https:" ? "s" : "";
  const pathOfServer = pathname === "/" ? {} : { pathname };
  return {
    asyncapi: "3.0.0",
    info: { title: "Onsale: the waiting room", version: "1", description: roomText(publicUrl) },
    defaultContentType: "application/json",
    servers: {
      socket: { host, protocol: `ws${secure}`, ...pathOfServer },
      stream: { host, protocol: `http${secure}`, ...pathOfServer },
    },
    channels: {
      room: channelOf(
        roomPath,
        `A WebSocket with the subprotocols \`${subprotocol}\` and \`bearer.TOKEN\`.`,
        ["socket"],
        [...heard, "client"],
      ),
      stream: channelOf(
        streamPath,
        "Server-sent events with `Authorization`; one message a `data` line.",
        ["stream"],
        heard,
      ),
      seats: channelOf(livePath, liveText, ["socket", "stream"], heardOfSeats),
    },
    operations: {
      hear: operationOf("send", "room", heard),
      hearByStream: operationOf("send", "stream", heard),
      hearSeats: operationOf("send", "seats", heardOfSeats),
      say: operationOf("receive", "room", ["client"]),
    },
    components: {
      messages: {
        ...messagesOf(heard, serverMessages),
        client: messageOf(clientMessageSchema, clientSummary),
        ...messagesOf(heardOfSeats, liveMessages),
      },
    },
  };
}

const heard = Object.keys(serverMessages);
/** By a name of their own: the room says `bye` too. */
const nameOfSeats = (type: string) => `seats.${type}`;
const heardOfSeats = Object.keys(liveMessages).map(nameOfSeats);

const clientSummary =
  "What a client may say: `standing` asks where the buyer stands; `here` that somebody is there after a turn that lapsed.";

function channelOf(path: string, text: string, servers: readonly string[], names: readonly string[]): Json {
  return {
    address: path.replace(":eventId", "{eventId}"),
    description: text,
    servers: servers.map((name) => ({ $ref: `#/servers/${name}` })),
    parameters: { eventId: { description: "The event." } },
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  };
}

function operationOf(action: "send" | "receive", channel: string, messages: readonly string[]): Json {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: messages.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  };
}

type Described = Readonly<Record<string, { readonly schema: z.ZodType; readonly summary: string }>>;

function messagesOf(names: readonly string[], described: Described): Record<string, Json> {
  const messages = Object.values(described).map(({ schema, summary }) => messageOf(schema, summary));
  return Object.fromEntries(messages.map((message, index) => [names[index], message]));
}

function messageOf(schema: z.ZodType, summary: string): Json {
  return { summary, payload: z.toJSONSchema(schema, { unrepresentable: "any" }) };
}
