import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Logger } from "../../foundation/log.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { best, bookNow, bookRequest, openEvent, silent } from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { expireBookings } from "../bookings/jobs.ts";
import type { Payment, PaymentProviders } from "./payment.ts";
import { settleWebhooks } from "./settle-webhooks.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false, receiveWebhooks: false });
});
afterAll(() => here.close());

type Told = { readonly id: string; readonly data: { readonly inboxIds: string[] } };

/** A message that the payment has succeeded, in the inbox. */
async function tell(payment: Payment, overrides: { type?: string } = {}): Promise<Told> {
  const { body, signature } = here.webhook(payment, overrides);
  await here.till.inbox.receive("sandbox", body, signature);
  const found = await here.shop.pool.query<{ id: string }>("select id from webhook_inbox where body = $1", [
    body.toString(),
  ]);
  const inboxId = found.rows[0]?.id ?? "";
  return { id: `job of ${inboxId}`, data: { inboxIds: [inboxId] } };
}

async function paying(own?: Booking): Promise<{ booking: Booking; payment: Payment; told: Told }> {
  const booking = own ?? (await here.book());
  const payment = await here.startPayment(booking);
  return { booking, payment, told: await tell(payment) };
}

async function declining(): Promise<{ booking: Booking; payment: Payment; told: Told }> {
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  return { booking, payment, told: await tell(payment, { type: "payment.failed" }) };
}

async function expire(booking: Booking): Promise<void> {
  const clock = { now: () => booking.deadlineMs + 1 };
  await expireBookings({ ...here.till, clock }, { eventId: booking.eventId });
}

async function inboxOf(told: Told): Promise<{ status: string; outcome: string | null; attempts: number }> {
  const text = "select status, outcome, attempts from webhook_inbox where id = $1";
  return (await here.shop.pool.query(text, told.data.inboxIds)).rows[0];
}

const paidOnce = { tickets: 2, transfers: 1, notifications: 1 } as const;

type Look = (text: string, pid: number) => Promise<void> | void;

/**
 * The pool, with every statement of its transactions shown to `before` and `after` it runs. One transaction after the
 * other, so that their statements come in the same order each time.
 */
function watched({ before, after }: { readonly before?: Look; readonly after?: Look }): Pool {
  const { pool } = here.shop;
  let last = Promise.resolve();
  const connect = async () => {
    const { promise, resolve: end } = Promise.withResolvers<void>();
    const earlier = last;
    last = promise;
    await earlier;
    const connection = await pool.connect();
    const { processID } = connection as unknown as { processID: number };
    const query = async (statement: string | { text: string }, values?: unknown[]) => {
      const text = typeof statement === "string" ? statement : statement.text;
      await before?.(text, processID);
      const result = await connection.query(statement as string, values);
      await after?.(text, processID);
      return result;
    };
    const release = (broken?: Error) => {
      connection.release(broken);
      end();
    };
    return { query, release };
  };
  return { connect, query: pool.query.bind(pool) } as unknown as Pool;
}

/** The pool, whose transactions hardly wait for a lock. */
function impatient(): Pool {
  const { pool } = here.shop;
  const connect = async () => {
    const connection = await pool.connect();
    await connection.query("set lock_timeout = 100");
    return { query: connection.query.bind(connection), release: () => connection.release(true) };
  };
  return { connect, query: pool.query.bind(pool) } as unknown as Pool;
}

describe("a group of messages", () => {
  test("is settled with as many statements as one message", async () => {
    const counted = async (count: number) => {
      const all = await Promise.all(Array.from({ length: count }, () => paying()));
      let statements = 0;
      const before = () => {
        statements += 1;
      };
      const pool = watched({ before });
      const parts = { ...here.till, pool };
      expect(
        await settleWebhooks(
          parts,
          all.map(({ told }) => told),
        ),
      ).toEqual(new Map());
      for (const { booking } of all) await here.expectCounts(booking, paidOnce);
      return statements;
    };
    // The first makes the accounts of the event and the provider.
    await counted(1);
    expect(await counted(6)).toBe(await counted(1));
  });

  test("that two workers have at the same time pays once", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => paying()));
    const told = all.map((one) => one.told);
    const failures = await Promise.all([
      settleWebhooks(here.till, told),
      settleWebhooks(here.till, told.toReversed()),
    ]);
    expect(failures).toEqual([new Map(), new Map()]);
    for (const { booking } of all) {
      expect(await here.statusOf(booking)).toBe("paid");
      await here.expectCounts(booking, paidOnce);
    }
    for (const one of told) expect(await inboxOf(one)).toMatchObject({ status: "settled", outcome: "paid" });
  });

  test("with two payments of one booking pays the one and gives the other back", async () => {
    const { booking, told } = await paying();
    const other = await tell(await here.startPayment(booking));
    await settleWebhooks(here.till, [told, other]);
    const outcomes = [await inboxOf(told), await inboxOf(other)].map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["paid", "paid_twice: refunding"]);
    await here.expectCounts(booking, { tickets: 2 });
  });

  test("with all that a provider can say of one payment ends as it should, whatever comes first", async () => {
    const { booking, payment, told } = await paying();
    const failed = await tell(payment, { type: "payment.failed" });
    const again = await tell(payment);
    await settleWebhooks(here.till, [failed, again, told]);
    expect(await here.statusOf(booking)).toBe("paid");
    expect(await here.paymentStatuses(booking)).toEqual(["succeeded"]);
    await here.expectCounts(booking, paidOnce);
  });

  test("settles what was declined beside what was paid, in one transaction, and once", async () => {
    const [paid, ...declined] = [await paying(), await declining(), await declining()] as const;
    const again = await tell(declined[0].payment, { type: "payment.failed" });
    const told = [declined[0].told, paid.told, again, declined[1].told];
    let transactions = 0;
    const before = (text: string) => {
      if (text === "begin") transactions += 1;
    };
    await settleWebhooks({ ...here.till, pool: watched({ before }) }, told);
    expect(transactions).toBe(1);
    const outcomes = await Promise.all(told.map(async (one) => (await inboxOf(one)).outcome));
    expect(outcomes).toEqual(["payment failed", "paid", "nothing new", "payment failed"]);
    for (const { booking } of declined) {
      expect(await here.statusOf(booking)).toBe("pending_payment");
      expect(await here.paymentStatuses(booking)).toEqual(["failed"]);
    }
  });

  test("in which the provider has a second payment under one id pays for the first, and parks the second", async () => {
    const { booking, payment, told } = await paying();
    const second = { ...payment, providerPaymentId: "another" };
    const others = [await tell(second), await tell(second, { type: "payment.failed" })];
    await settleWebhooks(here.till, [...others, told]);
    expect(await inboxOf(told)).toMatchObject({ outcome: "paid" });
    for (const other of others) expect(await inboxOf(other)).toMatchObject({ status: "parked" });
    expect(await here.paymentStatuses(booking)).toEqual(["succeeded"]);
  });

  test("of which one booking is locked by somebody settles the others", async () => {
    const [locked, one, other] = [await paying(), await paying(), await paying()];
    const { pool } = here.shop;
    const failures = await inTransaction(pool, async (sql) => {
      await sql.query("select from bookings where id = $1 for update", [locked.booking.id]);
      const parts = { ...here.till, pool: impatient() };
      return settleWebhooks(parts, [locked.told, one.told, other.told]);
    });
    expect([...failures.keys()]).toEqual([locked.told.id]);
    for (const { told } of [one, other]) expect(await inboxOf(told)).toMatchObject({ outcome: "paid" });
    expect(await inboxOf(locked.told)).toMatchObject({ status: "received", attempts: 0 });
    expect(await settleWebhooks(here.till, [locked.told])).toEqual(new Map());
    expect(await here.statusOf(locked.booking)).toBe("paid");
  });

  test("at the moment of the deadline ends in tickets, once", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => paying()));
    const settle = () =>
      settleWebhooks(
        here.till,
        all.map(({ told }) => told),
      );
    await Promise.all([settle(), ...all.map(({ booking }) => expire(booking))]);
    for (const { booking } of all) {
      expect(await here.statusOf(booking)).toBe("paid");
      await here.expectCounts(booking, paidOnce);
    }
  });
});

describe("money that comes late, in a group", () => {
  async function late(booking?: Booking): Promise<{ booking: Booking; told: Told }> {
    const { booking: own, told } = await paying(booking);
    await expire(own);
    return { booking: own, told };
  }

  const outcomesOf = (told: readonly Told[]) =>
    Promise.all(told.map(async (one) => (await inboxOf(one)).outcome));

  test("takes as many statements as that of one booking", async () => {
    const counted = async (count: number) => {
      const all = await Promise.all(Array.from({ length: count }, () => late()));
      let statements = 0;
      const before = () => {
        statements += 1;
      };
      const told = all.map((one) => one.told);
      await settleWebhooks({ ...here.till, pool: watched({ before }) }, told);
      expect(new Set(await outcomesOf(told))).toEqual(new Set(["paid late"]));
      for (const { booking } of all) await here.expectCounts(booking, paidOnce);
      return statements;
    };
    await counted(1);
    expect(await counted(5)).toBe(await counted(1));
  });

  test("buys what is free, and goes back where another has the seats or a first payment has bought them", async () => {
    const [free, taken, plain] = [await late(), await late(), await paying()];
    const rival = await here.sellAgain(taken.booking);
    const twice = await here.book();
    const [first, second] = [await here.startPayment(twice), await here.startPayment(twice)];
    await expire(twice);
    const told = [free.told, taken.told, plain.told, await tell(first), await tell(second)];
    expect(await settleWebhooks(here.till, told)).toEqual(new Map());
    expect(await outcomesOf(told)).toEqual([
      ...["paid late", "too_late: refunding", "paid", "paid late", "paid_twice: refunding"],
    ]);
    for (const booking of [free.booking, plain.booking, twice])
      expect(await here.statusOf(booking)).toBe("paid");
    expect(await here.statusOf(taken.booking)).toBe("expired");
    expect(await here.statusOf(rival)).toBe("pending_payment");
    await here.expectCounts(taken.booking, { tickets: 0 });
    expect(await here.paymentStatuses(taken.booking)).toEqual(["refunding"]);
    expect(await here.paymentStatuses(twice)).toEqual(["succeeded", "refunding"]);
  });

  test("whose seats Redis gives and Postgres does not keeps no other from its own", async () => {
    const [good, bad] = [await late(), await late()];
    const rival = await here.sellAgain(bad.booking);
    const sectionId = bad.booking.seats[0]?.sectionId as never;
    await here.shop.seats.release(bad.booking.eventId, sectionId, [rival.id]);
    expect(await settleWebhooks(here.till, [good.told, bad.told])).toEqual(new Map());
    expect(await outcomesOf([good.told, bad.told])).toEqual(["paid late", "too_late: refunding"]);
    await here.expectCounts(good.booking, paidOnce);
    await here.expectCounts(bad.booking, { tickets: 0 });
  });

  test("that two workers have at the same time buys once", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => late()));
    const told = all.map((one) => one.told);
    const failures = await Promise.all([
      settleWebhooks(here.till, told),
      settleWebhooks(here.till, told.toReversed()),
    ]);
    expect(failures).toEqual([new Map(), new Map()]);
    expect(new Set(await outcomesOf(told))).toEqual(new Set(["paid late"]));
    for (const { booking } of all) await here.expectCounts(booking, paidOnce);
  });

  test("of one buyer's bookings is settled one after the other, and their seats are never free between", async () => {
    const event = await openEvent(here.shop);
    const { buyer } = bookRequest(event, best(2));
    const bookings = [
      await bookNow(here.shop, bookRequest(event, best(2), { buyer })),
      await bookNow(here.shop, bookRequest(event, best(2), { buyer })),
    ];
    const told: Told[] = [];
    for (const booking of bookings) told.push((await late(booking)).told);
    const released: unknown[] = [];
    const seats = {
      ...here.till.seats,
      release: (...args: Parameters<typeof here.till.seats.release>) => {
        released.push(...args[2]);
        return here.till.seats.release(...args);
      },
    };
    expect(await settleWebhooks({ ...here.till, seats }, told)).toEqual(new Map());
    expect(await outcomesOf(told)).toEqual(["paid late", "paid late"]);
    expect(released).toEqual([]);
  });

  test("revives of one buyer's bookings no more than the event grants", async () => {
    const event = await openEvent(here.shop, { rules: { mostPerIdentity: 2 } });
    const request = bookRequest(event, best(2));
    const told: Told[] = [];
    for (let count = 0; count < 3; count += 1) {
      const booking = await bookNow(here.shop, bookRequest(event, best(2), { buyer: request.buyer }));
      told.push((await late(booking)).told);
    }
    expect(await settleWebhooks(here.till, told)).toEqual(new Map());
    const outcomes = await outcomesOf(told);
    expect(outcomes.filter((outcome) => outcome === "paid late")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "too_late: refunding")).toHaveLength(2);
  });
});

describe("a poisoned message", () => {
  /** Whoever reads it fails. */
  function poisonedBy(payment: Payment): PaymentProviders {
    const { current, of } = here.till.providers;
    const readWebhook = (body: string) => {
      if (body.includes(payment.id)) throw new Error("nobody can read this");
      return current.readWebhook(body);
    };
    return { current, of: (name) => ({ ...of(name), readWebhook }) };
  }

  test("fails alone, and its try is counted", async () => {
    const [before, bad, behind] = [await paying(), await paying(), await paying()];
    const parts = { ...here.till, providers: poisonedBy(bad.payment) };
    const failures = await settleWebhooks(parts, [before.told, bad.told, behind.told]);
    expect([...failures.keys()]).toEqual([bad.told.id]);
    expect(await here.statusOf(before.booking)).toBe("paid");
    expect(await here.statusOf(behind.booking)).toBe("paid");
    expect(await here.statusOf(bad.booking)).toBe("pending_payment");
    expect(await inboxOf(bad.told)).toEqual({
      ...{ status: "received", outcome: "nobody can read this", attempts: 1 },
    });
  });

  test("brings its job again, and leaves those settled that came with it", async () => {
    const [before, bad] = [await paying(), await paying()];
    const parts = { ...here.till, providers: poisonedBy(bad.payment) };
    const together = {
      id: "one job",
      data: { inboxIds: [before, bad].flatMap(({ told }) => told.data.inboxIds) },
    };
    expect([...(await settleWebhooks(parts, [together])).keys()]).toEqual(["one job"]);
    expect(await here.statusOf(before.booking)).toBe("paid");
    expect(await settleWebhooks(here.till, [together])).toEqual(new Map());
    expect(await here.statusOf(bad.booking)).toBe("paid");
    await here.expectCounts(before.booking, paidOnce);
    expect((await inboxOf(before.told)).attempts).toBe(1);
  });

  test("is parked after its last try, is told in the log, and can be settled when it is received again", async () => {
    const bad = await paying();
    const errors: object[] = [];
    const logger = {
      ...silent,
      warn: () => {},
      error: (facts: object) => errors.push(facts),
    } as unknown as Logger;
    const parts = { ...here.till, providers: poisonedBy(bad.payment), logger };
    let tries = 0;
    while ((await settleWebhooks(parts, [bad.told])).size > 0) tries += 1;
    expect(tries).toBe(19);
    expect(await inboxOf(bad.told)).toMatchObject({
      status: "parked",
      outcome: "nobody can read this",
      attempts: 20,
    });
    expect(errors).toMatchObject([{ inboxId: bad.told.data.inboxIds[0], provider: "sandbox" }]);
    await here.shop.pool.query(
      "update webhook_inbox set status = 'received', settled_at = null where id = $1",
      bad.told.data.inboxIds,
    );
    await settleWebhooks(here.till, [bad.told]);
    expect(await here.statusOf(bad.booking)).toBe("paid");
  });
});

describe("a worker that dies", () => {
  /** In time, in its last seats, late, and twice: all that a group can hold. */
  async function mixedGroup() {
    const [plain, twice, late] = [await paying(), await paying(), await paying()];
    const second = await tell(await here.startPayment(twice.booking));
    await expire(late.booking);
    const told = [plain.told, twice.told, second, late.told];
    return { bookings: [plain.booking, twice.booking, late.booking], twice: twice.booking, told };
  }

  /** Settles until the connection is cut at a statement; gives that statement, or nothing where there are fewer. */
  async function settleUntil(
    told: readonly Told[],
    when: "before" | "after",
    isCut: (text: string) => boolean,
  ): Promise<string | undefined> {
    let cutAt: string | undefined;
    const look = async (text: string, pid: number) => {
      if (cutAt === undefined && !isCut(text)) return;
      if (cutAt === undefined) await here.shop.pool.query("select pg_terminate_backend($1)", [pid]);
      cutAt ??= text;
      throw new Error("the worker is dead");
    };
    const pool = watched({ [when]: look });
    await settleWebhooks({ ...here.till, pool }, told).catch(() => undefined);
    return cutAt;
  }

  /** All cuts of one kind, one after the other; what a dead worker left is the next one's. */
  async function cutEach(when: "before" | "after", counts: (text: string) => boolean): Promise<string[]> {
    const cuts: string[] = [];
    for (;;) {
      const { bookings, twice, told } = await mixedGroup();
      let seen = 0;
      const isCut = (text: string) => counts(text) && ++seen > cuts.length;
      const cutAt = await settleUntil(told, when, isCut);
      expect(await settleWebhooks(here.till, told)).toEqual(new Map());
      for (const booking of bookings) {
        expect([cutAt, await here.statusOf(booking)]).toEqual([cutAt, "paid"]);
        await here.expectCounts(booking, booking === twice ? { tickets: 2, transfers: 2 } : paidOnce);
      }
      for (const one of told) expect((await inboxOf(one)).status).toBe("settled");
      if (cutAt === undefined) return cuts;
      cuts.push(cutAt);
    }
  }

  test("between any two statements leaves everything to the next, and each happens once", async () => {
    const cuts = await cutEach("before", () => true);
    expect(cuts.filter((text) => text === "commit")).toHaveLength(2);
  }, 180_000);

  test("after a commit whose answer it does not hear has done that once", async () => {
    expect(await cutEach("after", (text) => text === "commit")).toHaveLength(2);
  }, 60_000);
});
