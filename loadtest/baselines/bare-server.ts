import { startMetered } from "../bench/metered-process.ts";
import { type LoadOptions, type Measured, measure, type Request } from "../measure.ts";

const body = JSON.stringify({
  wishes: [{ mode: "best-available", quantity: 2, sectionId: "0".repeat(36) }],
});
const plain = () => ({ path: "/bookings", headers: { "content-type": "application/json" }, body });

/** A bare uWebSockets.js server in a process of its own, as ours is one; sent the same requests, where there are some. */
export async function measureBare(options: LoadOptions, next: () => Request = plain): Promise<Measured> {
  const server = await startMetered("loadtest/baselines/bare-http.ts");
  try {
    return await measure(`http://127.0.0.1:${server.ready["port"]}`, options, next);
  } finally {
    await server.stop();
  }
}
