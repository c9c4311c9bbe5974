import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { PAGES } from '../src/view/pages';
import { silence, single } from './answers';
import { text, visit } from './harness';
import { shops } from './policies';
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
    await panel.getByLabel('Reason').fill('rolling back');
    const before = Date.now();
    await panel.getByRole('button', { name: 'Silence', exact: true }).click();
    await panel.getByText(/Silenced by local until \d\d:\d\d: rolling back/).waitFor();
    const [body] = sent as { ends_at: string }[];
    const { ends_at, ...rest } = body ?? { ends_at: '' };
    assert.deepEqual(rest, { match: { incident: '7f3a' }, reason: 'rolling back' });
    const minutes = (Date.parse(ends_at) - before) / 60_000;
    assert.ok(minutes > 55 && minutes <= 61, `${minutes} minutes`);
  });
});

test('a silence that is refused says why at the fields that are at fault', async () => {
  const faults = [
    { field: 'reason', value: '', permitted: '1 to 1000 bytes' },
    { field: 'match.app', value: '', permitted: 'shop' },
  ];
  await visit({ faults }, 'on-call', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=incidents]');
    await panel.getByRole('button', { name: 'Silence for an hour' }).click();
    const reason = panel.getByLabel('Reason');
    await reason.fill(' ');
    await panel.getByRole('button', { name: 'Silence', exact: true }).click();
    await panel.getByText('reason 1 to 1000 bytes').waitFor();
    assert.equal(await reason.getAttribute('aria-invalid'), 'true');
    assert.equal(await panel.getByLabel('Until').getAttribute('aria-invalid'), 'false');
    await panel.getByText('match.app shop').waitFor();
  });
});

test('silences say state, window, author and reason, and are taken back', async () => {
  const silences = [
    silence({
      match: { service: { regex: 'cart-.*' }, stage: '' },
      author: 'mira',
      reason: 'move',
    }),
    silence({ id: 's2', source: 'config', state: 'pending', rrule: 'FREQ=WEEKLY;BYDAY=SU' }),
    silence({ id: 's3', state: 'expired', window_from: null, window_to: null }),
  ];
  await visit({ silences }, 'incidents', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=silences]');
    await panel.getByText('FREQ=WEEKLY').waitFor();
    const said = await text(page, '[aria-labelledby=silences]');
    const time = String.raw`\d\d:\d\d`;
    assert.match(
      said,
      new RegExp(`service matches cart-\\.\\*, stage is absent active ${time} ${time}.* mira move`),
    );
    assert.match(said, /app = shop pending .* in the configuration/);
    assert.match(said, /app = shop expired/);
    assert.equal(await panel.getByRole('button', { name: /^Take back/ }).count(), 1);
    await panel.getByRole('button', { name: 'Take back: service matches' }).click();
    await panel.getByText('by local').waitFor();
    assert.equal(await panel.getByRole('button', { name: /^Take back/ }).count(), 0);
  });
});

test('maintenance is planned for what matches a label', async () => {
  const sent: unknown[] = [];
  await visit({ sent }, 'slos', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=maintenance]');
    await panel.getByRole('button', { name: 'Plan maintenance' }).click();
    await panel.getByLabel('Its value').fill('admin');
    await panel.getByLabel('From').fill('2099-01-31T12:00');
    await panel.getByLabel('Until').fill('2099-01-31T14:00');
    await panel.getByLabel('Reason').fill('new proxy');
    await panel.getByLabel('Your name').fill('jon');
    await panel.locator('form').getByRole('button').click();
    await panel.getByText('app = admin').waitFor();
    const [report] = sent as { starts_at: string; ends_at: string }[];
    const { starts_at, ends_at, ...rest } = report ?? { starts_at: '', ends_at: '' };
    assert.deepEqual(rest, { match: { app: 'admin' }, author: 'jon', reason: 'new proxy' });
    assert.equal(Date.parse(ends_at) - Date.parse(starts_at), 7_200_000);
  });
});

test('deliveries say what each receiver made of each message in the time range', async () => {
  const deliveries = [
    {
      at: new Date().toISOString(),
      alert: '7f3a',
      sequence: 2,
      app: 'shop',
      summary: 'GET /search blocked',
      status: 'firing',
      receiver: 'pager',
      outcome: 'gave_up',
      attempts: 5,
      answer: 'HTTP 503',
      millis: 1234,
    },
  ];
  await visit({ deliveries }, 'incidents?window=6h', async ({ page, asked }) => {
    await page.getByText('HTTP 503').waitFor();
    const said = await text(page, '[aria-labelledby=deliveries]');
    assert.match(said, /GET \/search blocked firing .* pager gave up HTTP 503 5 1,234 ms 7f3a/);
    assert.ok(asked.some((url) => /deliveries\?app=shop&window=6h/.test(url)));
  });
});

test('the block rate of the time before is a line of its own, in legend and table', async () => {
  await visit({}, 'on-call?compare=before', async ({ page, asked }) => {
    const figure = page.locator('[aria-labelledby=charts] figure').first();
    await figure.locator('.key.before').waitFor();
    assert.match(await figure.locator('.legend').innerText(), /blocked, the time before/);
    await figure.getByText('Block rate as a table').click();
    const column = figure.getByRole('columnheader', { name: 'blocked, the time before' });
    await column.waitFor();
    const filled = await figure.locator('tbody td:last-child', { hasText: '%' }).count();
    assert.ok(filled > 50, `${filled} points have a value`);
    const [now, before] = ['window=', 'from='].map((part) =>
      asked
        .map((url) => new URL(url, 'http://x'))
        .find(({ pathname, search }) => {
          return pathname.endsWith('/series') && search.includes(part);
        }),
    );
    assert.ok(now && before);
    const at = (name: string) => Date.parse(before.searchParams.get(name) ?? '');
    assert.equal(at('to') - at('from'), 3_600_000);
    assert.ok(
      Math.abs(Date.parse(now.searchParams.get('to') ?? '') - at('to') - 3_600_000) < 120_000,
    );
    assert.equal(before.searchParams.get('step'), '60');
  });
});

test('comparing is offered where a chart draws it, and only there', async () => {
  await visit({}, 'on-call', async ({ page }) => {
    const legend = page.locator('[aria-labelledby=charts] .legend').first();
    await legend.waitFor();
    assert.doesNotMatch(await legend.innerText(), /before/);
    await page.getByText('more', { exact: true }).click();
    await page.getByLabel('Compare with the time before').check();
    await page.waitForURL(/compare=before/);
    await legend.getByText('blocked, the time before').waitFor();
    await page.goto(new URL('/inventory?compare=before', page.url()).href);
    await page.getByText('more', { exact: true }).click();
    await page.getByLabel('From').waitFor();
    assert.equal(await page.getByLabel('Compare with the time before').count(), 0);
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
    assert.match(csv, /^When,Request,From,Outcome,Cause,Evidence,Browser,Release\r\n/);
    assert.equal(csv.split('\r\n').length, 4);
    assert.equal(JSON.parse(await saved('as JSON')).failures.length, 2);
  });
});

test('the report of a week and of a month is saved as a page', async () => {
  await visit({}, 'executive', async ({ page }) => {
    for (const period of ['week', 'month']) {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: `Save the report of a ${period}` }).click();
      const file = await download;
      assert.equal(file.suggestedFilename(), `corswatch-report-shop-${period}.html`);
      const saved = await readFile(await file.path(), 'utf8');
      assert.match(saved, new RegExp(`app=shop&period=${period}&format=html`));
    }
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

test('nothing is said to be met by targets that never answered', async () => {
  const policies = shops().map((target) => ({ ...target, stance: null, vary: null }));
  await visit({ policies }, 'readiness', async ({ page }) => {
    await settled(page);
    const production = await text(page, '[aria-labelledby=production]');
    assert.match(production, /\? ?not known ?No service allows any origin with credentials/);
    assert.match(production, /never answered/);
  });
  await visit({ policies }, 'executive', async ({ page }) => {
    await settled(page);
    const measures = await text(page, '[aria-labelledby=measures]');
    assert.match(measures, /Audit[^\n]* 0 .*did not answer .*no data/);
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
