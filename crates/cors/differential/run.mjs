// Performs lines of `corswatch explain --jsonl` in a real Chromium and writes what it did.
// Usage: node run.mjs EXCHANGES OBSERVATIONS [CHROMIUM]
import { readFileSync, writeFileSync } from 'node:fs';

import { launch } from './cdp.mjs';
import { serve } from './server.mjs';

const CONCURRENCY = 12;
// Requests that mostly wait for time to pass.
const WAITING = 40;
const [input, output, executable = '/usr/bin/chromium'] = process.argv.slice(2);
const lines = readFileSync(input, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const byId = new Map(lines.map((line) => [line.id, { line, preflights: [], requests: [], failures: [], issues: [] }]));

function answer(id, hop, isPreflight) {
  const { line } = byId.get(id) ?? {};
  if (line?.kind === 'exposed') return { status: 200, headers: line.response_headers, bare: true };
  if (line?.kind === 'safelisted') return isPreflight ? { status: 403, headers: [] } : { status: 200, headers: [['Access-Control-Allow-Origin', '*']] };
  if (line?.kind === 'cache') return isPreflight ? line.preflight : { status: 200, headers: [['Access-Control-Allow-Origin', '*']] };
  const answers = line?.hops[hop];
  return answers && (isPreflight ? answers.preflight : answers.response);
}

function asked(id, hop, isPreflight, head) {
  const seen = byId.get(id);
  if (isPreflight) seen?.preflights.push({ hop, head });
  else seen?.requests.push({ hop, head });
}

const server = await serve(answer, asked);
const browser = await launch(executable, server.address().port);
const { connection } = browser;
const idOf = (url) => /\/x\/([^/]+)\//.exec(url ?? '')?.[1];
const requestIds = new Map();

connection.on('Network.requestWillBeSent', ({ requestId, request }) => {
  if (!requestIds.has(requestId)) requestIds.set(requestId, idOf(request.url));
});
connection.on('Network.loadingFailed', (event) => {
  byId.get(requestIds.get(event.requestId))?.failures.push({
    type: event.type,
    text: event.errorText,
    blocked: event.blockedReason,
    error: event.corsErrorStatus?.corsError,
    parameter: event.corsErrorStatus?.failedParameter,
  });
});
connection.on('Audits.issueAdded', ({ issue }) => {
  const details = issue.details.corsIssueDetails;
  if (!details || details.isWarning) return;
  byId.get(idOf(details.request.url) ?? requestIds.get(details.request.requestId))?.issues.push({
    error: details.corsErrorStatus.corsError,
    parameter: details.corsErrorStatus.failedParameter,
  });
});

/** Runs in the page: performs one request and tells how it ended. */
async function perform(request) {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      mode: request.mode,
      credentials: request.credentials,
      headers: request.headers,
    });
    return { ok: true, names: [...response.headers.keys()] };
  } catch (error) {
    return { ok: false, text: String(error) };
  }
}

async function open(origin) {
  const url = origin === 'null' ? 'http://app.test/page-null' : `${origin}/page`;
  const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
  await connection.send('Network.enable', {}, sessionId);
  await connection.send('Audits.enable', {}, sessionId);
  await connection.send('Page.enable', {}, sessionId);
  const loaded = new Promise((resolve) => connection.on('Page.loadEventFired', resolve));
  await connection.send('Page.navigate', { url }, sessionId);
  await loaded;
  await connection.send('Runtime.evaluate', { expression: `globalThis.perform = ${perform}` }, sessionId);
  return sessionId;
}

const pages = new Map();
const requestOf = (line) => {
  if (line.kind === 'exposed') return { page_origin: 'http://app.test', url: `http://api.test/x/${line.id}/0`, method: 'GET', mode: 'cors', credentials: line.credentials, headers: [] };
  if (line.kind === 'safelisted') return { page_origin: 'http://app.test', url: `http://api.test/x/${line.id}/0`, method: 'GET', mode: 'cors', credentials: 'omit', headers: [[line.name, line.value]] };
  return line.kind === 'cache' ? line.first : line.request;
};

async function fetchIn(request) {
  const expression = `perform(${JSON.stringify(request)})`;
  const { result } = await connection.send(
    'Runtime.evaluate',
    { expression, awaitPromise: true, returnByValue: true },
    pages.get(request.page_origin),
  );
  return result.value;
}

async function perform1(line) {
  const seen = byId.get(line.id);
  seen.result = await fetchIn(requestOf(line));
  if (line.kind !== 'cache') return;
  seen.firstPreflights = seen.preflights.length;
  await new Promise((resolve) => setTimeout(resolve, line.elapsed_seconds * 1000));
  await fetchIn(line.second);
  seen.secondPreflight = seen.preflights.length > seen.firstPreflights;
}

for (const line of lines) {
  for (const { page_origin } of [requestOf(line), line.second].filter(Boolean)) {
    if (!pages.has(page_origin)) pages.set(page_origin, await open(page_origin));
  }
}
/** Performs every line, `width` at a time. */
async function spread(lines, width) {
  const queue = [...lines];
  await Promise.all(Array.from({ length: width }, async () => {
    for (let line = queue.shift(); line; line = queue.shift()) await perform1(line);
  }));
}
// First what needs the cache, as it keeps 1024 answers and throws others out at random.
await spread(lines.filter((line) => line.kind === 'cache'), WAITING);
await spread(lines.filter((line) => line.kind !== 'cache'), CONCURRENCY);
// What was reported before this answer came has arrived with it.
for (const sessionId of pages.values()) await connection.send('Runtime.evaluate', { expression: '1' }, sessionId);
await new Promise((resolve) => setTimeout(resolve, 500));

const observations = lines.map(({ id, kind }) => {
  const seen = byId.get(id);
  if (kind === 'exposed') return { id, readable: seen.result.names, text: seen.result.text };
  if (kind === 'safelisted') return { id, safelisted: seen.preflights.length === 0 && seen.result.ok, text: seen.result.text };
  if (kind === 'cache') return { id, second_preflight: seen.secondPreflight, first_preflights: seen.firstPreflights };
  const failure = seen.failures.find((entry) => entry.error) ?? seen.issues[0] ?? seen.failures[0];
  return {
    id,
    verdict: seen.result.ok ? 'allowed' : 'blocked',
    error: seen.result.ok ? null : (failure?.error ?? null),
    parameter: seen.result.ok ? null : failure?.parameter || null,
    preflight_sent: seen.preflights.some(({ hop }) => hop === 0),
    hops: Math.max(-1, ...seen.requests.map(({ hop }) => hop), ...seen.preflights.map(({ hop }) => hop)),
    text: seen.result.text,
    net: failure?.text,
  };
});
writeFileSync(output, observations.map((line) => `${JSON.stringify(line)}\n`).join(''));
await browser.close();
server.close();
process.exit(0);
