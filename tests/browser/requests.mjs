// Makes cross-origin requests in a real Chromium, each from its page, and prints how they ended.
// Usage: node requests.mjs CHROMIUM PORTS FILE
// Every `.test` host is the server on PORTS, or each that of `a.test=8001,b.test=8002`; FILE holds a JSON list of requests with page_origin, url,
// method, credentials and headers. The URLs differ: no answer to a preflight is used twice.
import { readFileSync } from 'node:fs';

import { launch } from '../../crates/cors/differential/cdp.mjs';

const CONCURRENCY = 8;
const [executable, ports, file] = process.argv.slice(2);
const requests = JSON.parse(readFileSync(file, 'utf8')).map((request) => ({ ...request }));
const browser = await launch(executable, ports);
const { connection } = browser;
const byUrl = new Map(requests.map((request) => [request.url, { failures: [], issues: [], preflights: 0 }]));
const urls = new Map();

connection.on('Network.requestWillBeSent', ({ requestId, request }) => {
  if (!urls.has(requestId)) urls.set(requestId, request.url);
});
connection.on('Network.loadingFailed', ({ requestId, corsErrorStatus }) => {
  if (corsErrorStatus) byUrl.get(urls.get(requestId))?.failures.push(corsErrorStatus);
});
connection.on('Audits.issueAdded', ({ issue }) => {
  const details = issue.details.corsIssueDetails;
  if (!details || details.isWarning) return;
  const url = urls.get(details.request.requestId) ?? details.request.url;
  byUrl.get(url)?.issues.push(details.corsErrorStatus);
});

/** Runs in the page. */
async function perform({ url, method, credentials, headers, reads }) {
  try {
    const response = await fetch(url, { method, credentials, headers });
    return { ok: true, read: (reads ?? []).filter((name) => response.headers.has(name)) };
  } catch {
    return { ok: false };
  }
}

async function open(origin) {
  const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
  for (const domain of ['Network', 'Audits', 'Page']) await connection.send(`${domain}.enable`, {}, sessionId);
  const loaded = new Promise((resolve) => connection.on('Page.loadEventFired', resolve));
  await connection.send('Page.navigate', { url: `${origin}/page` }, sessionId);
  await loaded;
  await connection.send('Runtime.evaluate', { expression: `globalThis.perform = ${perform}` }, sessionId);
  return sessionId;
}

const pages = new Map();
for (const { page_origin } of requests) {
  if (!pages.has(page_origin)) pages.set(page_origin, await open(page_origin));
}
const results = new Map();
const queue = [...requests];
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (let request = queue.shift(); request; request = queue.shift()) {
      const expression = `perform(${JSON.stringify(request)})`;
      const session = pages.get(request.page_origin);
      const { result } = await connection.send(
        'Runtime.evaluate',
        { expression, awaitPromise: true, returnByValue: true },
        session,
      );
      results.set(request.url, result.value);
    }
  }),
);
// What was reported before these answers came has arrived with them.
for (const session of pages.values()) await connection.send('Runtime.evaluate', { expression: '1' }, session);
await new Promise((resolve) => setTimeout(resolve, 500));
const seen = requests.map(({ url }) => {
  const { failures, issues } = byUrl.get(url);
  const failure = failures[0] ?? issues[0];
  const { ok, read } = results.get(url);
  return { ok, read, error: ok ? null : (failure?.corsError ?? null), parameter: ok ? null : failure?.failedParameter || null };
});
process.stdout.write(JSON.stringify(seen));
await browser.close();
process.exit(0);
