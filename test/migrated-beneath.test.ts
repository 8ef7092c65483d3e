/** While a new version migrates the database, processes of the old one go on with the statements that they have prepared. */
import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { findBooking } from "../booking-core/bookings/find-booking.ts";
import { lockPayments } from "../booking-core/payments/find-payment.ts";
import type { BookingId, PaymentId } from "../foundation/ids.ts";
import { migrateDatabase } from "../foundation/postgres/migrate.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { formerDatabase } from "./harness/former-database.ts";

test("a column that a migration adds does not break what was prepared before", async () => {
  const url = await formerDatabase();
  await migrateDatabase(url);
  const pool = createPool(url, 1);
  onTestFinished(() => pool.end());
  const careless = () => pool.query({ name: "careless", text: "select * from bookings" });
  const read = async () => {
    await findBooking(pool, randomUUID() as BookingId);
    await lockPayments(pool, [randomUUID() as PaymentId]);
  };
  await Promise.all([read(), careless()]);
  await pool.query("alter table bookings add column more text");
  await pool.query("alter table payments add column more text");
  await read();
  await expect(careless()).rejects.toThrow("cached plan must not change result type");
});
