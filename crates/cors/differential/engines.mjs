// Performs lines of `corswatch explain --jsonl` in Firefox or WebKit and writes how each ended.
// Usage: node engines.mjs firefox|webkit EXCHANGES OBSERVATIONS
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';

import { serve } from './server.mjs';

const FIREFOX = process.env.FIREFOX || '/usr/bin/firefox-esr';
const DRIVER = process.env.WEBKIT_DRIVER || '/usr/bin/WebKitWebDriver';
const XVFB = process.env.XVFB || '/usr/bin/Xvfb';
const MINIBROWSER = process.env.MINIBROWSER || '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
// A page performs this many at most, so that no script runs into its time limit.
const PORTION = 200;
const START_TIMEOUT_MS = 20_000;
const POLL_MS = 100;

const [engine, input, output] = process.argv.slice(2);
const lines = readFileSync(input, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const byId = new Map(lines.map((line) => [line.id, line]));

/** Runs in the page: performs requests, some at a time, and tells which got a response. */
async function perform(requests) {
  const passed = {};
  const queue = [...requests];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { id, url, method, mode, credentials, headers } = next;
      passed[id] = await fetch(url, { method, mode, credentials, headers }).then(() => true, () => false);
    }
  }));
  return passed;
}

async function firefox(port) {
  const require = createRequire(new URL('../../../sdk-js/package.json', import.meta.url));
  const puppeteer = require('puppeteer-core');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: {
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1',
      'network.proxy.http_port': port,
      'dom.security.https_first': false,
    },
  });
  const page = await browser.newPage();
  return {
    async run(url, requests) {
      await page.goto(url);
      return page.evaluate(perform, requests);
    },
    close: () => browser.close(),
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function command(url, method, body) {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
  return value;
}

/** A display without a screen, and its name. */
async function display() {
  const server = spawn(XVFB, ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const name = await new Promise((resolve, reject) => {
    let text = '';
    server.once('error', reject);
    server.stdio[3].on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(`:${text.trim()}`);
    });
  });
  return { server, name };
}

async function ready(url) {
  for (const end = Date.now() + START_TIMEOUT_MS; Date.now() < end; ) {
    if (await command(url, 'GET').catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('WebKitWebDriver does not answer');
}

async function webkit(port) {
  const screen = await display();
  const own = await freePort();
  const driver = spawn(DRIVER, [`--port=${own}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: screen.name,
      GDK_BACKEND: 'x11',
      // There is no graphics card to draw with.
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
    },
  });
  const base = `http://127.0.0.1:${own}`;
  await ready(`${base}/status`);
  const { sessionId } = await command(`${base}/session`, 'POST', {
    capabilities: {
      alwaysMatch: {
        proxy: { proxyType: 'manual', httpProxy: `127.0.0.1:${port}` },
        'webkitgtk:browserOptions': { binary: MINIBROWSER, args: ['--automation'] },
      },
    },
  });
  const session = `${base}/session/${sessionId}`;
  await command(`${session}/timeouts`, 'POST', { script: 120_000, pageLoad: 60_000 });
  const script = `const [requests, done] = arguments; (${perform})(requests).then(done, (error) => done(String(error)));`;
  return {
    async run(url, requests) {
      await command(`${session}/url`, 'POST', { url });
      return command(`${session}/execute/async`, 'POST', { script, args: [requests] });
    },
    async close() {
      await command(session, 'DELETE').catch(() => {});
      driver.kill();
      screen.server.kill();
    },
  };
}

const answer = (id, hop, isPreflight) => {
  const answers = byId.get(id)?.hops[hop];
  return answers && (isPreflight ? answers.preflight : answers.response);
};
const server = await serve(answer, () => {});
const { port } = server.address();
const browser = await { firefox, webkit }[engine](port);
const passed = {};
for (const origin of new Set(lines.map((line) => line.request.page_origin))) {
  const requests = lines
    .filter((line) => line.request.page_origin === origin)
    .map((line) => ({ ...line.request, id: line.id }));
  const url = origin === 'null' ? 'http://app.test/page-null' : `${origin}/page`;
  for (let start = 0; start < requests.length; start += PORTION) {
    Object.assign(passed, await browser.run(url, requests.slice(start, start + PORTION)));
  }
}
await browser.close();
server.close();
const observations = lines.map(({ id }) => ({ id, verdict: passed[id] ? 'allowed' : 'blocked' }));
writeFileSync(output, observations.map((line) => `${JSON.stringify(line)}\n`).join(''));
process.exit(0);
