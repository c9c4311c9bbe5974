import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moved } from '../src/panels/measures';
import { budgetInWords, objectiveFor } from '../src/panels/objective';
import { csv } from '../src/parts/download';
import { ago, milliseconds, percent, shortCount } from '../src/parts/format';
import { safeLink } from '../src/parts/link';
import { contract, preflight } from '../src/parts/snippets';
import { cause, evidence, evidenceWords, stage } from '../src/parts/words';
import { before, read, write } from '../src/view/filters';
import { placeOf } from '../src/view/pages';
import { failing, incident } from './world';

test('percentages keep the digits that tell them from zero', () => {
  for (const [ratio, text] of [
    [null, '–'],
    [0, '0 %'],
    [0.000001, '< 0.001 %'],
    [0.00075, '0.075 %'],
    [0.0128, '1.28 %'],
    [0.1234, '12.3 %'],
    [1, '100 %'],
    [-0.5, '−50 %'],
    [-245.9, '−24,590 %'],
  ] as const) {
    assert.equal(percent(ratio), text);
  }
});

test('a rate has moved where chance alone does not move it as far', () => {
  for (const [now, before, direction] of [
    [[971, 1_694_253], [0, 1242], 0],
    [[971, 1_694_253], [120, 1_600_000], 1],
    [[120, 1_600_000], [971, 1_694_253], -1],
    [[5, 100], [5, 100], 0],
    [[0, 100], [0, 100], 0],
    [[100, 100], [0, 100], 1],
    [[3, 10], [0, 0], 0],
  ] as const) {
    const rate = ([bad, total]: readonly [number, number]) => ({ bad, total });
    assert.equal(moved(rate(now), rate(before)), direction, `${now} after ${before}`);
  }
});

test('numbers carry their units', () => {
  assert.equal(milliseconds(142.6), '143 ms');
  assert.equal(milliseconds(12_345), '12.3 s');
  assert.equal(shortCount(9999), '9,999');
  assert.equal(shortCount(1_234_567), '1.2M');
  assert.equal(ago('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:05:30Z')), '5 min ago');
});

test('filters read back from the address as they were written', () => {
  const filters = {
    ...read(''),
    app: 'a&b',
    service: '',
    release: '1.0',
    endpoint: '/cart/:id?x=<b>',
    window: '13m',
    compare: 'before',
  } as const;
  assert.deepEqual(read(write(filters)), filters);
  const absolute = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
  const fixed = { ...read(''), ...absolute };
  assert.deepEqual(read(write(fixed)), fixed);
});

test('what is no time range is the last hour', () => {
  for (const search of [
    '?window=13x',
    '?window=0m',
    '?window=401d',
    '?window=99999999d',
    '?window=',
    '?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    '?from=2026-01-01T00:00:00Z',
    '?from=yesterday&to=today',
  ]) {
    const { window, from, to } = read(search);
    assert.deepEqual([window, from, to], ['1h', undefined, undefined], search);
  }
});

test('the time before is as long, and ends where the time range starts', () => {
  const { from, to } = before(read('?window=6h'), '2026-01-01T12:00:30.000Z');
  assert.deepEqual([from, to], ['2026-01-01T00:00:00.000Z', '2026-01-01T06:00:00.000Z']);
});

test('paths name pages, and nothing else does', () => {
  for (const [path, page, id] of [
    ['/', undefined, undefined],
    ['/on-call', 'on-call', undefined],
    ['/incidents/a%2Fb', 'incidents', 'a/b'],
    ['/incidents/%', 'incidents', '%'],
    ['/on-call/x', 'on-call', undefined],
    ['/constructor', undefined, undefined],
  ] as const) {
    assert.deepEqual(placeOf(path), { page, id }, path);
  }
});

test('no text of a page becomes a formula in a spreadsheet', () => {
  const rows = [['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', 'a,"b"\n', 7, -7, null]];
  assert.equal(csv(['a'], rows), 'a\r\n\'=1+1,\'+1,\'-1,\'@SUM(A1),\'\t=1,"a,""b""\n",7,-7,\r\n');
});

test('what is copied for a shell or a contract cannot leave its quotes', () => {
  const request = {
    method: 'PUT',
    url: "https://api.test/a'b;$(x)",
    page_origin: 'https://shop.test"\n[evil]',
    headers: 'x-tenant,content-type',
    credentialed: true,
  };
  assert.match(preflight(request), /^curl -i -X OPTIONS 'https:\/\/api\.test\/a'\\''b;\$\(x\)'/);
  assert.match(preflight(request), /Access-Control-Request-Headers: x-tenant,content-type'$/);
  const lines = contract(request).split('\n');
  assert.equal(lines[1], 'origin = "https://shop.test\\"\\n[evil]"');
  assert.ok(lines.includes('headers = { "x-tenant" = "1", "content-type" = "1" }'));
  assert.ok(lines.includes('credentials = "include"'));
});

test('a budget is told in words that mean something', () => {
  const [slo] = incident().slos;
  assert.ok(slo);
  for (const [budget_remaining, words] of [
    [null, 'no data in 30d'],
    [0.31, '31 % of the 30d budget left'],
    [-1.4, '30d budget spent 2.4 times over'],
    [-1594.7, '30d budget exhausted'],
  ] as const) {
    assert.equal(budgetInWords({ ...slo, budget_remaining }), words);
  }
});

test('only addresses of the web are links', () => {
  for (const text of [
    'javascript:alert(1)',
    ' JAVASCRIPT:x',
    'data:text/html,x',
    'runbooks/x',
    '',
    null,
  ]) {
    assert.equal(safeLink(text), undefined, String(text));
  }
  assert.equal(safeLink('https://runbooks.example/a?b'), 'https://runbooks.example/a?b');
});

test('an objective is that of what is shown, the narrowest that fits', () => {
  const [whole] = incident().slos;
  assert.ok(whole);
  const cart = { ...whole, name: 'cart', limited_to: { service: 'cart' } };
  const staging = { ...whole, name: 'staging', limited_to: { environment: 'staging' } };
  const endpoint = { ...whole, name: 'endpoint', limited_to: { endpoint: '/pay' } };
  const chosen = (search: string) =>
    objectiveFor('block_rate', [endpoint, staging, cart, whole], read(search))?.name;
  assert.equal(chosen(''), 'block_rate');
  assert.equal(chosen('?service=cart'), 'cart');
  assert.equal(chosen('?service=search'), 'block_rate');
  assert.equal(chosen('?environment=staging'), 'staging');
});

test('words never say more than the evidence', () => {
  assert.equal(cause(failing({})), 'blocked by CORS', 'the rule is not known');
  assert.equal(cause(failing({ outcome: 'unknown' })), 'failed, reason unknown');
  assert.equal(cause(failing({ kind: 'header_read' })), 'response header not exposed to the page');
  assert.equal(stage(failing({ stage: 'unknown' })), 'not known');
  assert.match(evidence(failing({}))[1], /other explanations are possible/);
  assert.match(evidence(failing({ confidence: null }))[1], /no evidence/);
  assert.equal(
    evidenceWords('A+B-'),
    'the server answers without CORS; a request with CORS is rejected again',
  );
  assert.equal(evidenceWords('csp'), 'the browser named the page’s CSP');
  assert.equal(evidenceWords('A+<b>'), 'A+<b>', 'what is not known stays as it came');
});
