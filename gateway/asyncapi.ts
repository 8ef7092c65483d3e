import { z } from "zod";
import { roomText } from "./docs/room-text.ts";
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
        true,
      ),
      stream: channelOf(
        streamPath,
        "Server-sent events with `Authorization`; one message a `data` line.",
        ["stream"],
        false,
      ),
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
