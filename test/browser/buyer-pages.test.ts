import { randomUUID } from "node:crypto";
import type { BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { ask } from "../attacks/attacker.ts";
import { narrow, openBrowser, type TestBrowser, widthTooMuch } from "../harness/browser.ts";
import { waitFor } from "../harness/wait-for.ts";
import { scanScreen } from "./scan-screen.ts";
import { bookAndStartToPay, openShopFront, type Sale, type ShopFront } from "./shop-front.ts";

let shop: ShopFront;
let browser: TestBrowser;
let event: OnsaleEvent;
beforeAll(async () => {
  [shop, browser] = await Promise.all([openShopFront(), openBrowser()]);
  const refundPolicy = { untilMs: 0, shareBasisPoints: 10_000, feesToo: true, seatsReturn: true };
  event = await shop.openEvent({ title: "Ein Abend für Jürgen Groß & Freunde", refundPolicy });
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

async function visit(url: string, options: BrowserContextOptions = {}) {
  const visited = await browser.visit(url, options);
  onTestFinished(() => visited.close());
  return visited;
}

/** Presses the button at the provider and goes back to the shop. */
async function payAt(payUrl: string, button: "Approve" | "Decline", options: BrowserContextOptions = {}) {
  const visited = await visit(payUrl, options);
  const { page } = visited;
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("link", { name: "Back to the shop" }).waitFor();
  return visited;
}

/** In a window of its own: the browser's viewer of PDFs goes on loading for a while, and its troubles are not ours. */
async function expectPdfBehind(ticketsUrl: string): Promise<void> {
  const { page } = await visit(ticketsUrl);
  const [opened] = await Promise.all([
    page.waitForResponse(/\/tickets\.pdf$/),
    page.getByRole("link", { name: "All valid tickets as a PDF" }).click(),
  ]);
  expect(opened.headers()["content-type"]).toBe("application/pdf");
  const pdf = await page.request.get(opened.url());
  expect((await pdf.body()).subarray(0, 5).toString()).toBe("%PDF-");
}

async function bookingOf({ buyer, bookingId }: Sale) {
  return (await ask(shop.url, `/v1/bookings/${bookingId}`, buyer)).body;
}

test("who pays comes back to tickets whose codes a door reads from the screen and lets in once, and to their PDF", async () => {
  const { payUrl } = await bookAndStartToPay(shop, event, { quantity: 2 });
  const { page, troubles } = await payAt(payUrl, "Approve", narrow);
  expect(await page.textContent("body")).toContain("You have paid €90.00");
  expect(await widthTooMuch(page)).toBe(0);
  await page.getByRole("link", { name: "Back to the shop" }).click();
  const codes = page.getByRole("img", { name: "QR code" });
  await codes.nth(1).waitFor();
  expect(await page.textContent("h1")).toBe(event.title);
  expect(await widthTooMuch(page)).toBe(0);

  await expectPdfBehind(page.url());

  const operator = await shop.openOperator();
  const made = await ask(shop.url, `/v1/admin/events/${event.id}/doors`, {
    ...operator,
    body: { name: "North" },
  });
  const scan = async (code: string | undefined) => {
    const body = { scanId: randomUUID(), code };
    const scanned = await ask(shop.url, `/v1/events/${event.id}/check-ins`, { token: made.body.token, body });
    return scanned.body["result"];
  };
  const [first, second] = [await scanScreen(codes.nth(0)), await scanScreen(codes.nth(1))];
  expect([await scan(first), await scan(first), await scan(second)]).toEqual([
    "admitted",
    "used",
    "admitted",
  ]);

  await page.reload();
  expect(await page.locator("article").allInnerTexts()).toEqual([
    expect.stringMatching(/^Used: .*, North/),
    expect.stringMatching(/^Used: .*, North/),
  ]);
  expect(troubles).toEqual([]);
});

test("whose payment is declined reads so at the provider and at the shop, and pays again", async () => {
  const sale = await bookAndStartToPay(shop, event);
  const { page, troubles } = await payAt(sale.payUrl, "Decline");
  expect(await page.textContent("body")).toContain("The payment of €45.00 was declined.");
  await page.getByRole("link", { name: "Back to the shop" }).click();
  await page
    .getByText("The payment did not succeed, and this booking is not paid. Its seats are kept")
    .waitFor();
  expect((await bookingOf(sale))["status"]).toBe("pending_payment");
  const again = await ask(shop.url, `/v1/bookings/${sale.bookingId}/payments`, {
    ...sale.buyer,
    body: {},
    headers: { "idempotency-key": randomUUID() },
  });
  await payAt(String(again.body["payUrl"]), "Approve");
  await page.getByText("Valid", { exact: true }).waitFor();
  expect(troubles).toEqual([]);
});

test("the page of a buyer who reads German is in German, and shows a ticket that was given back as refunded", async () => {
  const sale = await bookAndStartToPay(shop, event, { language: "de-AT,de;q=0.9" });
  const { page, troubles } = await payAt(sale.payUrl, "Approve");
  await page.getByRole("link", { name: "Back to the shop" }).click();
  await page.getByText("Gültig", { exact: true }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("de");
  await ask(shop.url, `/v1/bookings/${sale.bookingId}/refunds`, {
    ...sale.buyer,
    body: {},
    headers: { "idempotency-key": randomUUID() },
  });
  await page.reload();
  expect(await page.locator("article").innerText()).toMatch(/^Erstattet: gilt nicht mehr/);
  expect(await page.getByRole("img").count()).toBe(0);
  expect(troubles).toEqual([]);
});

test("whose money does not fit reads that it is looked at, and then that the event is cancelled", async () => {
  // The last three digits let the sandbox charge one minor unit less.
  const offers = [{ category: "standard", faceMinor: 4_706n }];
  const another = await shop.openEvent({ title: "Called off", offers });
  const { payUrl } = await bookAndStartToPay(shop, another);
  const { page, troubles } = await payAt(payUrl, "Approve", narrow);
  await page.getByRole("link", { name: "Back to the shop" }).click();
  await page.getByText("not the amount that was asked for").waitFor();
  const operator = await shop.openOperator();
  await ask(shop.url, `/v1/admin/events/${another.id}/cancel`, { ...operator, body: {} });
  await waitFor(
    async () => (await ask(shop.url, `/v1/events/${another.id}`)).body["status"] === "cancelled",
    { what: "the cancelled event at the gateway" },
  );
  await page.reload();
  await page.getByText("The event does not take place.").waitFor();
  expect(await page.textContent("main")).toContain("not the amount that was asked for");
  expect(await widthTooMuch(page)).toBe(0);
  expect(troubles).toEqual([]);
});

test("who has put money into the wallet comes back to a page that says so", async () => {
  const account = await shop.openOperator();
  const started = await ask(shop.url, "/v1/wallet/top-ups", {
    ...account,
    body: { amount: { amountMinor: 5_000, currency: "EUR" } },
    headers: { "idempotency-key": randomUUID() },
  });
  const { page, troubles } = await payAt(String(started.body["payUrl"]), "Approve");
  await page.getByRole("link", { name: "Back to the shop" }).click();
  expect(await page.textContent("h1")).toBe("Back from paying");
  expect(troubles).toEqual([]);
});

test("a link that is not complete shows a page that says so, in both languages", async () => {
  const { page } = await visit(`${shop.url}/tickets/not-a-token`, narrow);
  expect(await page.textContent("h1")).toBe("No tickets here");
  expect(await page.locator('[lang="de"]').textContent()).toContain("nicht vollständig oder abgelaufen");
  expect(await widthTooMuch(page)).toBe(0);
});

test("the mail catcher shows a mail with its HTML in a frame, and the link in it opens the tickets", async () => {
  const sale = await bookAndStartToPay(shop, event);
  await payAt(sale.payUrl, "Approve");
  await waitFor(
    async () => (await (await fetch(`${shop.mailUrl}/messages?to=${sale.email}`)).text()) !== "[]",
    {
      what: "the mail",
    },
  );
  const { page, troubles } = await visit(shop.mailUrl, narrow);
  const mail = page.locator("article", { hasText: sale.email });
  const link = mail.frameLocator("iframe").getByRole("link", { name: "tickets" });
  await link.waitFor();
  expect(await widthTooMuch(page)).toBe(0);
  const tickets = await visit((await link.getAttribute("href")) ?? "");
  await tickets.page.locator("article").first().waitFor();
  expect([...troubles, ...tickets.troubles]).toEqual([]);
});
