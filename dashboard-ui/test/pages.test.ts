import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { PAGES } from '../src/view/pages';
import { single } from './answers';
import { text, visit } from './harness';
import { diagnosis, failing } from './world';

const PATHS = [...PAGES.map(({ name }) => name as string), 'incidents/7f3a', 'debug?failure=f-1'];

/** Until every panel shows what it has. */
async function settled(page: Page) {
  await page.locator('main h1').waitFor({ state: 'attached' });
  await page.locator('main .panel, main .tile').first().waitFor();
  await page.locator('main .loading').first().waitFor({ state: 'detached' });
}

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (of: Document) => Promise<{ violations: Violation[] }> };
    };
    return (await axe.run(document)).violations;
  });
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

test('no page has what screen readers stumble over, in light and in dark, full and empty', async () => {
  const path = createRequire(`${process.cwd()}/package.json`).resolve('axe-core/axe.min.js');
  const axe = await readFile(path, 'utf8');
  const wrong: string[] = [];
  for (const empty of [false, true]) {
    await visit({ empty }, 'on-call', async ({ page }) => {
      for (const at of PATHS) {
        await page.goto(new URL(`/${at}`, page.url()).href);
        await settled(page);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await page.evaluate(axe);
          const found = await violations(page);
          wrong.push(...found.map((one) => `${at} ${colorScheme} ${empty ? 'empty' : ''}: ${one}`));
        }
      }
    });
  }
  assert.deepEqual([...new Set(wrong)], []);
});

test('every page fits a phone, and each carries the filters to the next', async () => {
  await visit({}, 'on-call?service=search&window=6h', async ({ page }) => {
    await page.setViewportSize({ width: 380, height: 800 });
    for (const { name, title } of PAGES) {
      await page.getByRole('navigation').getByRole('link', { name: title }).click();
      await page.waitForURL(new RegExp(`/${name}\\?service=search&window=6h$`));
      await page
        .locator(`main[data-page=${name}] .panel, main[data-page=${name}] .tile`)
        .first()
        .waitFor();
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
    }
  });
});

test('the start is on-call where something came, and setup where nothing did', async () => {
  await visit({}, '', async ({ page }) => {
    await page.locator('main[data-page=on-call]').waitFor();
  });
  await visit({ empty: true }, '', async ({ page }) => {
    await page.locator('main[data-page=setup]').waitFor();
  });
});

test('on-call shows the incident with its cause and suspect, and silences it', async () => {
  const sent: unknown[] = [];
  await visit({ sent }, 'on-call', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=incidents]');
    await panel.getByText('x-tenant vanished').waitFor();
    const said = await text(page, '[aria-labelledby=incidents]');
    assert.match(said, /Cause: HeaderDisallowedByPreflightResponse x-tenant/);
    assert.match(said, /Suspected change: deploy d1, .*the header vanished right then/);
    assert.doesNotMatch(said, /answered 404/, 'a closed incident is not open');
    await panel.getByRole('button', { name: 'Silence for an hour' }).click();
    await panel.getByLabel('Your name').fill('mira');
    await panel.getByLabel('Reason').fill('rolling back');
    await panel.getByRole('button', { name: 'Silence', exact: true }).click();
    await panel.getByText('Silenced for an hour.').waitFor();
    const [body] = sent as { match: unknown; author: string; starts_at: string; ends_at: string }[];
    assert.deepEqual(body?.match, { incident: '7f3a' });
    assert.equal(body?.author, 'mira');
    assert.equal(Date.parse(body?.ends_at ?? '') - Date.parse(body?.starts_at ?? ''), 3_600_000);
  });
});

test('the live block rate comes by itself and says how far it lags', async () => {
  await visit({}, 'on-call', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=live]');
    await panel.getByText('15 of 300 requests blocked').waitFor();
    assert.match(await text(page, '[aria-labelledby=live]'), /5 % .*complete up to 2 s ago/);
  });
});

test('a server without incidents, silences and live numbers says so, and the rest stands', async () => {
  const without = ['incidents', 'silences', 'maintenance', 'deliveries', 'stream'];
  await visit({ without }, 'incidents', async ({ page }) => {
    await page.getByText('This server does not have them').first().waitFor();
    await page.goto(new URL('/on-call', page.url()).href);
    await page.locator('[data-sli=block_rate]').getByText('33 of 4,000').waitFor();
    assert.equal(await page.locator('.fault').count(), 0);
  });
});

test('a bar leads to the failures behind it, and these to a single one', async () => {
  const endpoints = [failing({ service: 'search', endpoint: '/search', diagnosis: diagnosis() })];
  await visit({ endpoints }, 'on-call', async ({ page }) => {
    await page
      .locator('[aria-labelledby=preflight-failures]')
      .getByRole('link', { name: 'search' })
      .click();
    await page.waitForURL(/\/debug\?service=search/);
    await page.locator('[aria-labelledby=failures] tbody a').first().click();
    await page.waitForURL(/failure=f-1/);
    await page.getByText('The browser had to check').waitFor();
    const said = await text(page, '[aria-labelledby=failure]');
    assert.match(said, /a preflight that allows GET and the headers x-tenant/);
    assert.match(said, /Access-Control-Allow-Credentials: true/);
    assert.equal(
      await page.locator('[aria-labelledby=failure] mark').first().innerText(),
      'access-control-allow-headers: content-type\n',
    );
    await page.getByRole('link', { name: 'Back to all failures' }).click();
    await page.locator('[aria-labelledby=difference]').getByText('× 4.2').waitFor();
  });
});

test('the palette and the keys reach every page', async () => {
  await visit({}, 'on-call', async ({ page }) => {
    await page.locator('[data-sli=block_rate]').waitFor();
    await page.keyboard.press('/');
    const box = page.getByRole('combobox', { name: 'Page, service, endpoint, origin' });
    await box.fill('cart/:id');
    await page.getByRole('option', { name: '/cart/:id endpoint' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/debug\?endpoint=%2Fcart%2F%3Aid/);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    for (const { key, name } of PAGES) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.waitForURL(new RegExp(`/${name}\\?`));
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('pause or resume').waitFor();
    await page.keyboard.press('Escape');
  });
});

test('a fixed time range reaches every panel, and the address keeps it', async () => {
  await visit({}, 'debug', async ({ page, asked }) => {
    await page.locator('.menu summary').click();
    await page.getByLabel('From').fill('2026-01-01T10:00');
    await page.getByLabel('To', { exact: true }).fill('2026-01-01T12:00');
    const before = asked.length;
    await page.getByRole('button', { name: 'Show this range' }).click();
    await page.waitForURL(/from=2026.*to=2026/);
    await settled(page);
    await page.waitForFunction(() => document.querySelectorAll('.stale').length === 0);
    const ofData = asked
      .slice(before)
      .filter((url) => /\/(endpoints|series|difference|failures)\?/.test(url));
    assert.ok(ofData.length >= 4, ofData.join());
    const spans = new Set(ofData.map((url) => /from=[^&]*&to=[^&]*/.exec(url)?.[0]));
    assert.equal(spans.size, 1, [...spans].join());
  });
});

test('hostile texts are text on every page', async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const change = {
    endpoints: [failing({ endpoint: evil, parameter: evil, service: evil })],
    singles: [single({ endpoint: evil, release: evil, page_origin: evil, evidence: evil })],
  };
  await visit(change, 'debug', async ({ page, world }) => {
    for (const incident of world.incidents)
      Object.assign(incident, { title: evil, cause: evil, runbook_url: 'javascript:alert(1)' });
    for (const at of PATHS) {
      await page.goto(new URL(`/${at}`, page.url()).href);
      await settled(page);
      assert.equal(await page.locator('main img, main script').count(), 0, at);
      assert.match(await page.title(), /corswatch/, at);
      assert.equal(await page.locator('a[href^="javascript"]').count(), 0, at);
    }
  });
});

test('what a panel shows is kept as CSV and as JSON', async () => {
  await visit({}, 'debug', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=failures]');
    await panel.locator('tbody tr').first().waitFor();
    const saved = async (name: string) => {
      const download = page.waitForEvent('download');
      await panel.getByRole('button', { name }).click();
      return readFile(await (await download).path(), 'utf8');
    };
    const csv = await saved('as CSV');
    assert.match(csv, /^When,Request,From,Outcome,Cause,Browser,Release\r\n/);
    assert.equal(csv.split('\r\n').length, 4);
    assert.equal(JSON.parse(await saved('as JSON')).failures.length, 2);
  });
});

test('the readiness page ticks only what is shown by evidence', async () => {
  await visit({}, 'readiness', async ({ page }) => {
    await settled(page);
    const production = await text(page, '[aria-labelledby=production]');
    assert.match(production, /✓ ?met ?Blocked requests are observed/);
    assert.match(production, /✗ ?not met ?Vary: Origin is sent/);
    assert.match(
      await text(page, '[aria-labelledby=before-production]'),
      /\? ?not known ?CI checks CORS/,
    );
  });
});

test('preflights say what they cost and why', async () => {
  await visit({}, 'preflights', async ({ page }) => {
    await settled(page);
    const cost = await text(page, '[aria-labelledby=cost]');
    assert.match(cost, /33\.3 % of requests need a preflight 1,330 of 4,000/);
    assert.match(cost, /unknown: no access logs are read/);
    assert.match(await text(page, '[aria-labelledby=reasons]'), /the header x-tenant 1,100 700/);
  });
});
