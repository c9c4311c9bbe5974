import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, write } from '../src/filters';
import { ago, milliseconds, percent, shortCount } from '../src/format';
import { safeLink } from '../src/link';
import { objectiveFor } from '../src/slo';
import { cause, evidence, stage } from '../src/words';
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
  ] as const) {
    assert.equal(percent(ratio), text);
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
  const filters = { app: 'a&b', service: '', environment: undefined, release: '1.0', window: '7d' };
  assert.deepEqual(read(write(filters)), filters);
  assert.equal(read('?window=13m').window, '1h', 'an unknown window is the usual one');
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
});
