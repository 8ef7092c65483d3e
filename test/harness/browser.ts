import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { chromiumAdvice, findChromium } from "../../setup/chromium-package.mjs";
import { aptOfThisMachine } from "../../setup/debian.mjs";

export type TestBrowser = {
  /** A window of its own: no cookie and no cache of others. */
  visit(url: string, options?: BrowserContextOptions): Promise<Visit>;
  close(): Promise<void>;
};

export type Visit = {
  readonly page: Page;
  /** Errors in the console (breaches of the content policy too), of scripts, and requests that came to nothing. */
  readonly troubles: readonly string[];
  close(): Promise<void>;
};

/** A real Chromium, one a test file. Its own sandbox is off: containers do not let it have one. */
export async function openBrowser(): Promise<TestBrowser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error(chromiumAdvice({ path: undefined, ...aptOfThisMachine(), isRoot: false }));
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  return {
    visit: async (url, options = {}) => {
      const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      const troubles = troublesOf(page);
      await page.goto(url);
      return { page, troubles, close: () => context.close() };
    },
    close: () => browser.close(),
  };
}

function troublesOf(page: Page): string[] {
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      troubles.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("requestfailed", (request) => troubles.push(`${request.url()}: ${request.failure()?.errorText}`));
  return troubles;
}

/** A small telephone. */
export const narrow = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true } as const;

/** How much wider the page is than the screen: nobody should have to scroll to the side, or to make it larger. */
export function widthTooMuch(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - screen.width");
}
