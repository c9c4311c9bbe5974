// A browser that looks at the built pages over a world of the test's own.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { serve, type World } from './fixture';
import { incident } from './world';

let browser: Browser;
before(async () => {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
});
after(() => browser.close());

const PATIENCE_MS = 60_000;
/** Enough for what waits for a frame, far too short for a refresh. */
const TICK_MS = 100;

export interface Visit {
  page: Page;
  world: World;
  asked: string[];
  /** What the page's policy forbade, what it logged, where else it went. */
  faults: string[];
}

export async function visit(
  change: Partial<World>,
  path: string,
  look: (visit: Visit) => Promise<void>,
) {
  const world = { ...incident(), ...change };
  const server = await serve(world);
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  // A machine under load is slow, not wrong.
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // A refused answer is logged by the browser itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text());
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) {
      faults.push(`asked ${request.url()}`);
    }
  });
  try {
    await page.goto(server.url + path);
    await look({ page, world, asked: server.asked, faults });
    assert.deepEqual(faults, []);
  } finally {
    await page.close();
    server.close();
  }
}

/** From here on the page's time goes only as `until` and `page.clock` make it go. */
export async function stopClock(page: Page) {
  const now = Date.now();
  await page.clock.install({ time: now });
  await page.clock.pauseAt(now + 1000);
  await page.reload();
}

/** Lets the page's time go until `locator` is in `state`. */
export async function until(locator: Locator, state: 'visible' | 'detached' = 'visible') {
  const deadline = Date.now() + PATIENCE_MS;
  const there = () => (state === 'visible' ? locator.isVisible() : locator.count().then((n) => !n));
  while (!(await there())) {
    assert.ok(Date.now() < deadline, `${locator} never became ${state}`);
    await locator.page().clock.runFor(TICK_MS);
  }
}

export const text = async (page: Page, selector: string) =>
  (await page.locator(selector).innerText()).replaceAll(/\s+/g, ' ');
