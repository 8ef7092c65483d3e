import { Agent, request } from "node:https";
import type { Poster, PosterSettings } from "./poster.ts";

/** By https, the usual way: its cost is not what counts where what is posted goes far. */
export function createSecurePoster({ url, headers, connectionsMost, answerMs }: PosterSettings): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMost });
  return {
    post: (body, own) =>
      new Promise((resolve) => {
        const length = { "content-length": Buffer.byteLength(body) };
        const options = {
          method: "POST",
          agent,
          headers: { ...headers, ...own, ...length },
          timeout: answerMs,
        };
        const sent = request(url, options, (answer) => {
          answer.resume().once("close", () => resolve(answer.statusCode ?? 0));
        });
        sent.once("timeout", () => sent.destroy()).once("error", () => resolve(0));
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}
