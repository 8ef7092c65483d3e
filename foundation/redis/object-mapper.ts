import { Client, type RedisConnection } from "redis-om";
import type { Redis } from "./connect.ts";

/**
 * redis-om on our own cluster client. It is made for node-redis; of that it calls these five commands for hash
 * entities by id. Its own cluster client works as well, but would be a second set of connections to every node,
 * and one without a time-out: a master that is stopped kept every read waiting for more than 8 s (redis 4.7.1).
 */
export function mapObjects(redis: Redis): Client {
  const commands = {
    hGetAll: (key: string) => redis.hgetall(key),
    unlink: (keys: readonly string[]) => Promise.all(keys.map((key) => redis.unlink(key))),
    expire: (key: string, seconds: number) => redis.expire(key, seconds),
    multi: () => transaction(redis),
  };
  return new Client().useNoClose(commands as unknown as RedisConnection);
}

type Fields = Readonly<Record<string, string>>;
type Transaction = {
  unlink(key: string): Transaction;
  hSet(key: string, fields: Fields): Transaction;
  exec(): Promise<void>;
};

/** How redis-om replaces a hash: all of it at once. */
function transaction(redis: Redis): Transaction {
  const queued = redis.multi();
  const same: Transaction = {
    unlink: (key) => {
      queued.unlink(key);
      return same;
    },
    hSet: (key, fields) => {
      queued.hset(key, fields);
      return same;
    },
    exec: async () => {
      const replies = (await queued.exec()) ?? [[new Error("the transaction was given up"), undefined]];
      for (const [failure] of replies) if (failure !== null) throw failure;
    },
  };
  return same;
}
