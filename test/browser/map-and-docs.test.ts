import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, book, enter, openGuest } from "../attacks/attacker.ts";
import { narrow, openBrowser, type TestBrowser, widthTooMuch } from "../harness/browser.ts";
import { rowsOf, standingOf } from "../harness/shop.ts";
import { waitFor } from "../harness/wait-for.ts";
import { openShopFront, type ShopFront } from "./shop-front.ts";

let shop: ShopFront;
let browser: TestBrowser;
beforeAll(async () => {
  [shop, browser] = await Promise.all([openShopFront(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

async function visit(...[url, options]: Parameters<TestBrowser["visit"]>) {
  const visited = await browser.visit(url, options);
  onTestFinished(() => visited.close());
  return visited;
}

test("who looks at the seat map sees a seat become held when somebody else books it", async () => {
  const event = await shop.openEvent({ title: "Größe", sections: [rowsOf(30, 30), standingOf(50)] });
  const { page, troubles } = await visit(`${shop.url}/events/${event.id}/map`);
  await page.getByText("Live", { exact: true }).waitFor();
  expect(await page.textContent("h1")).toBe("Größe");
  await page.getByRole("button", { name: "seated 30 30: 60 of 60 free" }).click();
  await page.getByRole("application").press("ArrowRight");
  const told = page.locator("#seat");
  expect(await told.textContent()).toMatch(/^Row 1, seat 1: free, .*€45\.00/);
  const buyer = await openGuest(shop.url);
  const { pass } = await enter(shop.url, event, buyer);
  expect((await book(shop.url, event, buyer, pass)).status).toBe(201);
  await page.getByRole("button", { name: "seated 30 30: 59 of 60 free" }).waitFor();
  const seats = await ask(shop.url, `/v1/events/${event.id}/seats`);
  const [{ states } = { states: "" }] = seats.body["sections"] as { states: string }[];
  for (let step = 0; step < states.indexOf("h"); step += 1)
    await page.getByRole("application").press("ArrowRight");
  expect(await told.textContent()).toMatch(/: held, /);
  expect(troubles).toEqual([]);
});

test("the seat map fits a telephone, also with a section that is wider, in which the keys lead to every seat", async () => {
  const event = await shop.openEvent({ sections: [rowsOf(...Array.from({ length: 20 }, () => 60))] });
  const { page, troubles } = await visit(`${shop.url}/events/${event.id}/map`, narrow);
  await page.getByRole("button").click();
  await page.getByRole("application").tap();
  await page.getByText(/^Row \d+, seat \d+/).waitFor();
  expect(await widthTooMuch(page)).toBe(0);
  for (let step = 0; step < 60; step += 1) await page.keyboard.press("ArrowRight");
  await page.getByText(/^Row \d+, seat 60:/).waitFor();
  expect(await page.evaluate<number>("document.querySelector('.hall').scrollLeft")).toBeGreaterThan(900);
  expect(troubles).toEqual([]);
});

test.each(["01900000-0000-7000-8000-000000000001", "xyz"])(
  "the map of %s says that there is no such event",
  async (id) => {
    const { page } = await visit(`${shop.url}/events/${id}/map`, narrow);
    await page.getByText("There is no such event.").waitFor();
    expect(await page.locator("main").count()).toBe(0);
  },
);

test("the map of an event that cannot be read just now says so", async () => {
  const event = await shop.openEvent();
  const { page } = await visit(`${shop.url}/events/${event.id}/map`);
  await page.route(`**/v1/events/${event.id}`, (route) => route.fulfill({ status: 503, body: "{}" }));
  await page.reload();
  await page.getByText("The event could not be read. Reload the page to try again.").waitFor();
});

test("the map tells times in UTC wherever it is looked at, and says so", async () => {
  const refundPolicy = { untilMs: 0, shareBasisPoints: 10_000, feesToo: true, seatsReturn: true };
  const event = await shop.openEvent({ refundPolicy });
  const { page } = await visit(`${shop.url}/events/${event.id}/map`, { timezoneId: "Asia/Tokyo" });
  await page.getByText("Live", { exact: true }).waitFor();
  const hour = new Date(event.startsAtMs).getUTCHours() % 12 || 12;
  const minute = String(new Date(event.startsAtMs).getUTCMinutes()).padStart(2, "0");
  const time = new RegExp(` ${hour}:${minute}\\s[AP]M UTC`);
  expect(await page.textContent("#where")).toMatch(time);
  expect(await page.textContent("#refunds")).toMatch(time);
});

test("a standing section says that it has no seats to choose, and shows no drawing", async () => {
  const event = await shop.openEvent({ sections: [rowsOf(3), standingOf(50)] });
  const { page, troubles } = await visit(`${shop.url}/events/${event.id}/map`);
  await page.getByRole("button", { name: "seated 3: 3 of 3 free" }).click();
  const told = page.locator("#seat");
  expect(await told.textContent()).toBe("Choose a seat.");
  await page.getByRole("application").press("ArrowRight");
  await page.getByRole("button", { name: "standing 50: 50 of 50 free" }).click();
  expect(await told.textContent()).toBe("Places here are for standing: there is no seat to choose.");
  expect(await page.locator("#seats").isVisible()).toBe(false);
  expect(troubles).toEqual([]);
});

test("who looks at the map when the event is cancelled reads so within two minutes, and can choose no seat", async () => {
  const event = await shop.openEvent({ title: "Called off" });
  const operator = await shop.openOperator();
  const { page, troubles } = await visit(`${shop.url}/events/${event.id}/map`);
  const isLive = () => page.getByText("Live", { exact: true }).waitFor();
  // A reading that the reload cuts off would be trouble.
  await isLive();
  await page.clock.install();
  await page.reload();
  await isLive();
  await ask(shop.url, `/v1/admin/events/${event.id}/cancel`, { ...operator, body: {} });
  const isOff = async () => (await ask(shop.url, `/v1/events/${event.id}`)).body["status"] === "cancelled";
  await waitFor(isOff, { what: "the cancelled event at the gateway" });
  await page.clock.fastForward(120_000);
  await page.getByText("The event does not take place.").waitFor();
  expect(await page.textContent("h1")).toBe("Called off");
  expect(await page.textContent("#refunds")).toBe("What was paid for it goes back by itself.");
  expect(await page.getByRole("button").count()).toBe(0);
  expect(await page.getByRole("application").count()).toBe(0);
  expect(troubles).toEqual([]);
});

test("the documentation of the API is drawn under its content policy, and an operation opens", async () => {
  const { page, troubles } = await visit(`${shop.url}/docs`);
  await page.locator(".opblock-summary-control").first().dispatchEvent("click");
  await page.locator(".opblock-body").first().waitFor();
  expect(await page.locator(".opblock").count()).toBeGreaterThan(30);
  expect(troubles).toEqual([]);
});

test.each(["/docs/room", "/docs/errors", "/wallet/back"])("%s fits a telephone", async (path) => {
  const { page, troubles } = await visit(shop.url + path, narrow);
  for (const details of await page.locator("summary").all()) await details.click();
  expect(await widthTooMuch(page)).toBe(0);
  expect(troubles).toEqual([]);
});

test("the payment sandbox's own page fits a telephone", async () => {
  const { page, troubles } = await visit(shop.sandboxUrl, narrow);
  expect(await page.textContent("body")).toContain("webhook_lost");
  expect(await widthTooMuch(page)).toBe(0);
  expect(troubles).toEqual([]);
});
