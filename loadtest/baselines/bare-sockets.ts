/** The least that a server of many WebSockets takes here: one topic, and an object with two fields for each socket. */
import uws from "uWebSockets.js";
import { answerCalls } from "../bench/calls.ts";

export type BareSocketsCalls = { publish(payload: string): void };

type SocketData = { open: boolean; readonly number: number };

const topic = "all";
let opened = 0;

const app = uws.App();
app.ws<SocketData>("/room", {
  upgrade: (res, req, context) => {
    opened += 1;
    const data = { open: true, number: opened };
    const [protocol = ""] = req.getHeader("sec-websocket-protocol").split(",");
    const extensions = req.getHeader("sec-websocket-extensions");
    res.upgrade(data, req.getHeader("sec-websocket-key"), protocol, extensions, context);
  },
  open: (socket) => {
    socket.subscribe(topic);
  },
  close: (socket) => {
    socket.getUserData().open = false;
  },
});

app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) throw new Error("no port is free");
  process.send?.({ type: "ready", port: uws.us_socket_local_port(socket) });
});

answerCalls({ publish: (payload) => void app.publish(topic, payload) } satisfies BareSocketsCalls);
