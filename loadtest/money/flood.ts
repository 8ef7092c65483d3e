import { openHttp } from "../bench/http-connection.ts";

export type Post = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Flood = {
  readonly perSecond: number;
  /** How often each status was answered. */
  readonly statuses: ReadonlyMap<number, number>;
};

/** Posts one after the other on so many connections, until there are no more. */
export async function flood(port: number, connections: number, posts: readonly Post[]): Promise<Flood> {
  const statuses = new Map<number, number>();
  const open = await Promise.all(Array.from({ length: connections }, () => openHttp(port)));
  const startedAt = performance.now();
  let next = 0;
  await Promise.all(
    open.map(async (connection) => {
      for (let post = posts[next++]; post !== undefined; post = posts[next++]) {
        const { status } = await connection.post(post.path, post.headers, post.body);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      connection.close();
    }),
  );
  return { perSecond: (posts.length * 1_000) / (performance.now() - startedAt), statuses };
}
