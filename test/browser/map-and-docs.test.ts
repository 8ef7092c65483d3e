import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, book, enter, openGuest } from "../attacks/attacker.ts";
import { narrow, openBrowser, type TestBrowser, widthTooMuch } from "../harness/browser.ts";
import { rowsOf, standingOf } from "../harness/shop.ts";
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

test("the map of an event that is not there says that it could not be read", async () => {
  const { page } = await visit(`${shop.url}/events/01900000-0000-7000-8000-000000000001/map`, narrow);
  await page.getByText("The event could not be read. Reload the page to try again.").waitFor();
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
