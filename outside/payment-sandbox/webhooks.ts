import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";

export type Receiver = { readonly url: string; readonly secret: string };

/** Whether it was answered with 2xx. */
export type Post = (body: string, secret?: string) => Promise<boolean>;

const answerMs = 5_000;

/** Connections to the receiver stay open: making one costs more than a webhook. */
export function createPost({ url, secret }: Receiver, atOnceMost: number): { post: Post; close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnceMost });
  const post: Post = (body, signedWith = secret) =>
    new Promise((resolve) => {
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "sandbox-signature": sign(body, signedWith, Date.now()),
      };
      const sent = request(url, { method: "POST", agent, headers, timeout: answerMs }, (answer) => {
        const { statusCode = 0 } = answer;
        answer.resume().once("close", () => resolve(statusCode >= 200 && statusCode < 300));
      });
      // Not reached, or no answer in time: tried again.
      sent.once("timeout", () => sent.destroy()).once("error", () => resolve(false));
      sent.end(body);
    });
  return { post, close: () => agent.destroy() };
}

/** `t=SECONDS,v1=HEX,…`: HMAC-SHA256 over the time, a dot and the body as it is sent; one for each secret. */
export function sign(body: string, secrets: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  const signatures = splitSecrets(secrets).map(
    (secret) => `v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`,
  );
  return [`t=${seconds}`, ...signatures].join(",");
}

/** Several secrets, parted by commas, while one takes the place of another. */
function splitSecrets(secrets: string): string[] {
  return secrets.split(",").map((secret) => secret.trim());
}
