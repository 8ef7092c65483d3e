import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { databaseForThisTest } from "../../test/harness/database.ts";
import { createPool, inTransaction, inTransactionAgain } from "./pool.ts";

/** As a message of the protocol: its type, its length, and what follows. */
function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const length = Buffer.alloc(4);
  const content = Buffer.concat(parts);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

const signedIn = message("R", Buffer.alloc(4));
const ready = message("Z", Buffer.from("I"));
const dying = message("E", Buffer.from("SFATAL\0C57P01\0Mterminating connection\0\0"));

/** A server that lets a client in and dies: both are in one packet. */
async function startDyingServer(): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Buffer.concat([signedIn, ready, dying])));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => void server.close());
  return `postgres://onsale@127.0.0.1:${(server.address() as AddressInfo).port}/onsale`;
}

test("a server that dies in the moment in which it lets us in ends no process", async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => void process.off("uncaughtException", note));
  const pool = createPool(await startDyingServer(), 1);
  await expect(inTransaction(pool, (sql) => sql.query("select 1"))).rejects.toThrow();
  await pool.end();
  expect(uncaught).toEqual([]);
});

test("a page far away is taken for little dearer than the next one", async () => {
  const url = await databaseForThisTest();
  const pool = createPool(url, 1);
  expect((await pool.query("show random_page_cost")).rows).toEqual([{ random_page_cost: "1.1" }]);
  await pool.end();
});

test("what Postgres ended for two that wait for each other is tried up to twice more, and nothing else is", async () => {
  const pool = createPool(await databaseForThisTest(), 1);
  onTestFinished(() => pool.end());
  const timesTried = async (code: string, failures: number) => {
    let tries = 0;
    const outcome = await inTransactionAgain(pool, async (sql) => {
      tries += 1;
      if (tries <= failures) await sql.query(`do $$ begin raise exception using errcode = '${code}'; end $$`);
      return "done";
    }).catch((error: { code?: string }) => error.code);
    return [tries, outcome];
  };
  expect(await timesTried("40P01", 2)).toEqual([3, "done"]);
  expect(await timesTried("40001", 3)).toEqual([3, "40001"]);
  expect(await timesTried("23505", 1)).toEqual([1, "23505"]);
});
