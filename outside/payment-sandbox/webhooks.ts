import { createHmac } from "node:crypto";
import { createPoster } from "./poster.ts";
import { createSecurePoster } from "./secure-poster.ts";

export type Receiver = { readonly url: string; readonly secret: string };

/** Whether it was answered with 2xx. */
export type Post = (body: string, secret?: string) => Promise<boolean>;

const answerMs = 5_000;

/** What is not reached, or not answered in time, is tried again. */
export function createPost({ url, secret }: Receiver, atOnceMost: number): { post: Post; close: () => void } {
  const create = new URL(url).protocol === "https:" ? createSecurePoster : createPoster;
  const headers = { "content-type": "application/json" };
  const poster = create({ url, headers, connectionsMost: atOnceMost, answerMs });
  const post: Post = async (body, signedWith = secret) => {
    const status = await poster.post(body, { "sandbox-signature": sign(body, signedWith, Date.now()) });
    return status >= 200 && status < 300;
  };
  return { post, close: poster.close };
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
