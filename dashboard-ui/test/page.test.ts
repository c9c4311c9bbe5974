import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Schemas } from '../src/api/client';
import { stopClock, text, until, visit } from './harness';
import { diagnosis, failing, incident } from './world';

const tile = (page: Page, sli: string) => page.locator(`[data-sli=${sli}]`);

test('the tiles say value, verdict, target, band and budget', async () => {
  await visit({}, '', async ({ page }) => {
    const m1 = tile(page, 'block_rate');
    await m1.getByText('breach').waitFor();
    const said = (await m1.innerText()).replaceAll(/\s+/g, ' ');
    for (const part of [
      '0.825 %',
      '33 of 4,000 cross-origin requests',
      '0.825 % to 0.975 % with 6 of unknown reason',
      'at most 0.1 %',
      '31 % of the 30d budget left',
    ]) {
      assert.ok(said.includes(part), `${part} in: ${said}`);
    }
    assert.match(
      await tile(page, 'preflight_failure_rate').innerText(),
      /30d budget spent 2\.4 times over/,
    );
    assert.match(await tile(page, 'exposed_header_mismatch').innerText(), /no data/);
  });
});

test('failures of unknown kind never turn a tile green', async () => {
  await visit({ blocked: 3, unknown: 9 }, '', async ({ page }) => {
    await tile(page, 'block_rate').getByText('unclear').waitFor();
  });
});

test('failing endpoints say stage, cause and how far the evidence carries', async () => {
  await visit({}, '', async ({ page }) => {
    const rows = page.locator('[aria-labelledby=endpoints] tbody tr');
    await rows.first().waitFor();
    const first = (await rows.first().innerText()).replaceAll(/\s+/g, ' ');
    for (const part of [
      'GET /search',
      'preflight',
      'HeaderDisallowedByPreflightResponse',
      'x-tenant',
      '30',
      '77 %',
      '28',
      'proven',
    ]) {
      assert.ok(first.includes(part), `${part} in: ${first}`);
    }
    assert.match(await rows.nth(2).innerText(), /failed, reason unknown/);
  });
});

test('a failure that was replayed says rule, answer, fix and what changed', async () => {
  const endpoints = [
    failing({ diagnosis: diagnosis() }),
    failing({
      endpoint: '/secret',
      diagnosis: diagnosis({
        id: '2',
        result: 'refused',
        cause: null,
        detail: 'Not asked (origin): https://x is not an allowed origin.',
      }),
    }),
  ];
  await visit({ endpoints }, '', async ({ page }) => {
    const shown = page.locator('details.diagnosis').first();
    await shown.getByText('# for nginx').waitFor();
    const said = (await shown.innerText()).replaceAll(/\s+/g, ' ');
    for (const part of [
      'reproduced HeaderDisallowedByPreflightResponse x-tenant',
      'The preflight asked for the header',
      'x-tenant vanished from access-control-allow-headers',
      'OPTIONS → 204 access-control-allow-headers: content-type',
      'access-control-allow-headers: content-type,x-tenant List every header.',
    ]) {
      assert.ok(said.includes(part), `${part} in: ${said}`);
    }
    assert.match(said, /Changed between \d\d:\d\d:\d\d and/);
    await shown.locator('select').selectOption('envoy');
    await shown.getByText('# for envoy').waitFor();
    const second = page.locator('details.diagnosis').nth(1);
    assert.equal(await second.getAttribute('open'), null);
    assert.match(await second.innerText(), /not asked/);
  });
});

test('policies say whom each target lets read, what is wrong and what is unused', async () => {
  await visit({}, 'inventory', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=policies]');
    await panel
      .getByRole('row', { name: /reviews/ })
      .first()
      .waitFor();
    const said = await text(page, '[aria-labelledby=policies]');
    for (const part of [
      /4 targets, last audited 4 h ago/,
      /1 Anybody, with credentials services/,
      /1 Wildcard origins services, 3 a week ago/,
      /1 Vary missing targets/,
      /1 Max-age too long targets/,
      /1 Unused entries origins/,
      /1 No answer targets/,
      /reviews GET https:..api.shop.example.reviews whoever asks, with credentials missing not stated/,
      /images GET .* everybody \(\*\) not needed 2 days longer than browsers do –/,
      /back-office .* a list of origins does not answer now/,
    ])
      assert.match(said, part);
    assert.doesNotMatch(said, /Keep a list of whole origins/);
  });
});

test('a policy opens by keyboard and shows findings, evidence, fix and its list', async () => {
  await visit({}, 'inventory', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=policies]');
    const open = async (name: string) => {
      const summary = panel.locator('summary', { hasText: name });
      await summary.focus();
      await page.keyboard.press('Enter');
      const details = panel.locator('details[open]', { has: page.getByText(name) });
      return (await details.last().innerText()).replaceAll(/\s+/g, ' ');
    };
    const reflected = await open('2 findings: origin-reflected, vary-origin-missing');
    for (const part of [
      /error Any origin is answered with itself since 3 days ago/,
      /GET https:..api.shop.example.items -> 200/,
      /Fix: Keep a list of whole origins/,
      /There is no list of origins to look through: it lets everybody in/,
      /last audited 4 h ago; called by shop/,
    ])
      assert.match(reflected, part);
    const listed = await open('1 finding: unused-origin');
    for (const part of [
      /https:..shop.example with credentials 14 min ago/,
      /https:..old-partner.example without credentials 61 days ago unused/,
      /https:..new-partner.example no never/,
    ])
      assert.match(listed, part);
    const silent = await open('No answer; nothing was wrong before');
    assert.match(silent, /Connection refused. What it answered 4 h ago stands below/);
  });
});

test('without any audited target the page says where targets come from', async () => {
  await visit({ policies: [] }, 'inventory', async ({ page }) => {
    await page.getByText('Nothing is audited yet').waitFor();
    assert.match(
      await text(page, '[aria-labelledby=policies]'),
      /name what pages call under \[\[services\]\]/,
    );
  });
});

test('what a browser reported is text and nothing else', async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const replayed = diagnosis({ explanation: evil, detail: evil, cause: evil, url: evil });
  const endpoints = [
    failing({ endpoint: evil, parameter: evil, page_origins: [evil], diagnosis: replayed }),
  ];
  await visit({ endpoints }, '', async ({ page }) => {
    await page.getByText('onerror').first().waitFor();
    assert.equal(await page.locator('main img, main script').count(), 0);
    await page.waitForFunction(() => document.title.includes('shop'));
  });
});

test('an alert names the team that owns its service', async () => {
  await visit({}, '', async ({ page }) => {
    await page.locator('[aria-labelledby=alerts]').getByText('owner: team-search').waitFor();
  });
});

test('a runbook that is no web address is no link', async () => {
  await visit({}, '', async ({ page }) => {
    await page.locator('[aria-labelledby=alerts]').getByText('Open runbook').waitFor();
    const links = await page
      .locator('a')
      .evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    assert.ok(links.includes('https://runbooks.example/cors'), String(links));
    assert.ok(
      links.every((link) => !link?.startsWith('javascript')),
      String(links),
    );
  });
});

test('filters are kept in the address and reach the API', async () => {
  await visit({}, '?window=6h', async ({ page }) => {
    const answered = page.waitForResponse(/\/sli\?.*service=search.*window=6h/);
    await page.getByLabel('Service').selectOption('search');
    await page.waitForURL(/service=search/);
    await answered;
    await page.getByText('24h').click();
    await page.waitForURL(/window=24h/);
    await page.goBack();
    await page.waitForURL(/window=6h/);
    await page.locator('label', { hasText: '6h' }).locator(':checked').waitFor();
  });
});

test('numbers refresh by themselves, and not while paused', async () => {
  await visit({}, '', async ({ page, world, asked }) => {
    await stopClock(page);
    const m1 = tile(page, 'block_rate');
    await until(m1.getByText('33 of 4,000'));
    world.blocked = 44;
    await until(m1.getByText('44 of 4,000'));
    await page.getByRole('button', { name: 'Pause' }).click();
    await until(page.getByText(/paused/));
    // No round is in progress: one that ended is shown, and the next is not due yet.
    const rounds = () => asked.filter((path) => path.startsWith('/api/v1/apps')).length;
    const before = rounds();
    world.blocked = 55;
    await page.clock.runFor('10:00');
    await until(page.getByText(/paused, 10 min old/));
    assert.match(await m1.innerText(), /44 of 4,000/);
    await page.getByRole('button', { name: 'Resume' }).click();
    await until(m1.getByText('55 of 4,000'));
    // Panels of one round ask beside each other: the list of apps may come after the tile.
    for (let tries = 0; rounds() === before && tries < 100; tries += 1)
      await page.waitForTimeout(20);
    assert.equal(rounds(), before + 1, 'nothing is asked while paused');
  });
});

test('other filters are answered while paused', async () => {
  await visit({}, '', async ({ page, world }) => {
    const m1 = tile(page, 'block_rate');
    await m1.getByText('33 of 4,000').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/paused/).waitFor();
    world.blocked = 44;
    await page.getByText('24h').click();
    await m1.getByText('44 of 4,000').waitFor();
  });
});

test('an app that never reported is told how to start', async () => {
  await visit({ empty: true }, '', async ({ page }) => {
    await page.getByText('Nothing received for shop yet').waitFor();
    assert.match(
      await text(page, '.welcome pre'),
      /<script src="http:\/\/127\.0\.0\.1:7780.*data-key="k_shop"/,
    );
    assert.equal(await page.locator('.tile').count(), 0, 'no tiles of nothing');
    const shop = page.getByRole('link', { name: 'open the demo shop' });
    assert.equal(await shop.getAttribute('href'), 'http://127.0.0.1:7782/');
  });
});

test('lag is said before any number', async () => {
  await visit({ lagMs: 630_000 }, '', async ({ page }) => {
    await page.getByText('The numbers lag.').waitFor();
    assert.match(await text(page, '.notices'), /10 min ago.*alerts are frozen/);
  });
});

test('a part that does not work is named, also where nothing was ever received', async () => {
  const journal = {
    part: 'journal',
    condition: 'down',
    detail: 'the journal is full (disk)',
  } as const;
  await visit({ empty: true, parts: [journal] }, '', async ({ page, world }) => {
    await stopClock(page);
    await until(page.getByText('Nothing received for shop yet'));
    const notice = 'The journal does not work: the journal is full (disk)';
    assert.equal(await text(page, '.notice.bad'), notice);
    world.parts = [{ ...journal, condition: 'degraded', detail: 'spooling' }];
    await until(page.locator('.notice.warn'));
    assert.equal(await text(page, '.notices'), 'The journal is impaired: spooling');
    world.parts = [{ ...journal, condition: 'ready', detail: '' }];
    await until(page.locator('.notice'), 'detached');
  });
});

test('lag is not said twice', async () => {
  const condition = 'degraded' as const;
  const parts = [
    { part: 'watermark', condition, detail: 'the watermark is 630 s old' },
    { part: 'aggregator', condition, detail: 'SLO alerts are frozen' },
    { part: 'store', condition, detail: 'it is slow' },
  ];
  await visit({ lagMs: 630_000, parts }, '', async ({ page }) => {
    await page.getByText('The numbers lag.').waitFor();
    assert.equal(await page.locator('.notice').count(), 2);
    assert.match(await text(page, '.notices'), /The store is impaired: it is slow/);
  });
});

test('a server that fails leaves the last numbers standing and says how old they are', async () => {
  await visit({}, '', async ({ page, world }) => {
    await stopClock(page);
    await until(tile(page, 'block_rate').getByText('33 of 4,000'));
    world.failure = {
      status: 503,
      code: 'store_unavailable',
      detail: 'the store cannot answer now',
    };
    await until(page.locator('.notices').getByText('the store cannot answer now'));
    await until(page.locator('.fault'), 'detached');
    assert.match(await text(page, '.notices'), /What is shown is from \d+ s ago/);
    assert.match(await tile(page, 'block_rate').innerText(), /33 of 4,000/);
    delete world.failure;
    await until(page.locator('.notice'), 'detached');
  });
});

test('a guarded server asks for a token and takes it, and signing out forgets it', async () => {
  await visit({ token: 'sesame' }, '', async ({ page }) => {
    await page.getByLabel('Token').fill('sesame');
    await page.getByRole('button', { name: 'Continue' }).click();
    await tile(page, 'block_rate').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  });
});

test('where there is an identity provider the way there comes back to what was shown', async () => {
  const world = { token: 'sesame', login: '/auth/login' };
  await visit(world, 'slos?app=shop', async ({ page }) => {
    const link = page.getByRole('link', { name: 'Sign in' });
    const to = await link.getAttribute('href');
    assert.equal(to, '/auth/login?return=%2Fslos%3Fapp%3Dshop');
    assert.equal(await page.getByLabel('Token').count(), 1);
  });
});

test('who is signed in is named and can sign out, and only admins have links for partners', async () => {
  const me = { name: 'vic@example.test', way: 'session', role: 'viewer', apps: ['shop'] } as const;
  await visit({ me: { ...me, apps: [...me.apps] } }, 'setup', async ({ page }) => {
    await page.getByText('vic@example.test').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    assert.equal(await page.locator('[aria-labelledby=partner-links]').count(), 0);
  });
});

test('a link for a partner is made, shown once, and revoked', async () => {
  const sent: unknown[] = [];
  await visit({ sent }, 'setup', async ({ page }) => {
    const panel = page.locator('[aria-labelledby=partner-links]');
    await panel.getByLabel('Page origin').fill('https://partner.example');
    await panel.getByLabel('Note').fill('their migration');
    await panel.getByRole('button', { name: 'Make a link' }).click();
    await panel.getByText('/partner#ab12').waitFor();
    assert.deepEqual(sent, [
      { app: 'shop', page_origin: 'https://partner.example', lasts: '7d', note: 'their migration' },
    ]);
    await panel
      .getByRole('button', { name: 'Revoke the link for https://partner.example' })
      .click();
    await panel.getByText('by local').waitFor();
    assert.equal(await panel.getByRole('button', { name: /^Revoke/ }).count(), 0);
  });
});

test('the ledger says in a word whether it balances', async () => {
  const { ledger } = incident();
  const cases: [Partial<Schemas['LedgerBody']>, verdict: string, said: RegExp[]][] = [
    [{}, 'balanced', [/12,050 received = 40 refused/, /12,000 appended = 11,950 stored/]],
    [
      { unreported: 20, received: 12_070, appended: 12_020, stored: 11_970 },
      'balanced',
      [/12,070 received = 40 refused/, /20 of the appended are in no edge's report yet/],
    ],
    [
      { stored: 11_000, lost: 950, verdict: 'not_balanced' },
      'not balanced',
      [/12,000 appended ≠ 11,000 stored/, /950 were dropped by the log/],
    ],
    [
      { stored: 11_943, spooled: 7 },
      'balanced',
      [/12,000 appended = 11,943 stored/, /7 in spools/],
    ],
    [
      { stored: 11_940, missing: 10, verdict: 'not_balanced' },
      'not balanced',
      [/12,000 appended ≠ 11,940 stored/, /10 were acknowledged but are neither in the log/],
    ],
  ];
  for (const [change, verdict, said] of cases) {
    await visit({ ledger: { ...ledger, ...change } }, 'pipeline', async ({ page }) => {
      await page.getByText(verdict, { exact: true }).waitFor();
      for (const part of said) assert.match(await text(page, '[aria-labelledby=ledger]'), part);
    });
  }
});

test('each chart has its numbers as a table, by keyboard alone', async () => {
  await visit({}, 'debug', async ({ page }) => {
    const summary = page.getByText('Block rate as a table');
    await summary.focus();
    await page.keyboard.press('Enter');
    const table = page.locator('figure table').first();
    await table.waitFor();
    assert.equal(await table.locator('tbody tr').count(), 60);
    const charts = page.locator('figure .uplot canvas');
    await charts.nth(2).waitFor();
    assert.equal(await charts.count(), 3);
  });
});

test('nothing overflows at any width, in light and in dark', async () => {
  await visit({}, '', async ({ page }) => {
    await tile(page, 'block_rate').getByText('breach').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [380, 600, 800, 1000, 1200, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        const fits = () => document.documentElement.scrollWidth <= innerWidth;
        await page.waitForFunction(fits).catch(() => assert.fail(`${colorScheme} ${width}`));
      }
    }
  });
});
