import { z } from "zod";
import {
  clientMessageSchema,
  roomPath,
  serverMessages,
  streamPath,
  subprotocol,
} from "./room/room-messages.ts";

type Json = Readonly<Record<string, unknown>>;

/** What is said on the room's connections, as an AsyncAPI 3 document, from the schemas that validate it. */
export function asyncApiDocument(publicUrl: string): Json {
  const { host, pathname, protocol } = new URL(publicUrl);
  const secure = protocol === "https:" ? "s" : "";
  const pathOfServer = pathname === "/" ? {} : { pathname };
  return {
    asyncapi: "3.0.0",
    info: { title: "Onsale: the waiting room", version: "1", description },
    defaultContentType: "application/json",
    servers: {
      socket: { host, protocol: `ws${secure}`, ...pathOfServer },
      stream: { host, protocol: `http${secure}`, ...pathOfServer },
    },
    channels: {
      room: channelOf(roomPath, `A WebSocket with the subprotocol \`${subprotocol}\`.`, ["socket"], true),
      stream: channelOf(streamPath, "Server-sent events; one message a `data` line.", ["stream"], false),
    },
    operations: {
      hear: operationOf("send", "room", Object.keys(serverMessages)),
      hearByStream: operationOf("send", "stream", Object.keys(serverMessages)),
      say: operationOf("receive", "room", ["client"]),
    },
    components: {
      messages: { ...messagesOfServer(), client: messageOf(clientMessageSchema, clientSummary) },
    },
  };
}

const description = [
  "The server says `hello`, then `standing`; after that each buyer follows by the ticks alone: the people ahead of the own number are `number − served − 1` of the own lane, less what lies in `gaps`, and the wait lies between ahead ÷ `fast` and ahead ÷ `slow` minutes, four times of five.",
  "Ticks come each second to the next thousand, each 5 s to the next ten thousand, each 30 s to everybody else, and at once to all when the state changes. A connection that hears nothing for 90 s is dead.",
  "A client that hears `place_missing` and has a receipt joins again with it: the room may have lost its memory, and the receipt brings the place back with its number.",
  "A client that lost its connection comes back as `reconnect` says, and brings its receipt: the server then need not look anything up.",
  "To be connected is to be here. Whoever is away when the number comes up is stepped over, keeps the number, and is the next once back. A turn that is not taken up in its window lapses; `here` says that somebody is there again.",
  "Messages of an unknown type are to be ignored.",
].join("\n\n");

const clientSummary =
  "What a client may say: `standing` asks where the buyer stands; `here` that somebody is there after a turn that lapsed.";

function channelOf(path: string, text: string, servers: readonly string[], hears: boolean): Json {
  const names = [...Object.keys(serverMessages), ...(hears ? ["client"] : [])];
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

function messagesOfServer(): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(serverMessages).map(([name, { schema, summary }]) => [name, messageOf(schema, summary)]),
  );
}

function messageOf(schema: z.ZodType, summary: string): Json {
  return { summary, payload: z.toJSONSchema(schema, { unrepresentable: "any" }) };
}
