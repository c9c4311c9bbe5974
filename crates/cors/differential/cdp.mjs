// A connection to Chromium's DevTools protocol over a pipe: no port, no package.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--remote-debugging-pipe',
];

/** Starts Chromium with every `.test` host mapped to a port on loopback; `ports` is that port, or hosts with
 * their ports: `a.test=8001,b.test=8002`. */
export async function launch(executable, ports) {
  const hosts = String(ports).includes('=') ? ports.split(',').map((pair) => pair.split('=')) : [['*.test', ports]];
  const rules = hosts.map(([host, port]) => `MAP ${host} 127.0.0.1:${port}`).join(',');
  const profile = mkdtempSync(join(tmpdir(), 'cors-differential-'));
  const child = spawn(
    executable,
    [...FLAGS, `--user-data-dir=${profile}`, `--host-resolver-rules=${rules}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const connection = new Connection(child.stdio[3], child.stdio[4]);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.once('error', (error) => connection.fail(error));
  child.once('exit', () => connection.fail(new Error('Chromium ended')));
  return {
    connection,
    async close() {
      connection.send('Browser.close').catch(() => {});
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

class Connection {
  #output;
  #next = 1;
  #waiting = new Map();
  #listeners = new Map();
  #rest = [];

  constructor(output, input) {
    this.#output = output;
    output.on('error', () => {});
    input.on('data', (chunk) => this.#take(chunk));
  }

  /** Sends a command; resolves with its result. */
  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    this.#output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, method }));
  }

  /** Calls `listener(params, sessionId)` on every event of that name. */
  on(method, listener) {
    this.#listeners.set(method, listener);
  }

  fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(chunk) {
    let start = 0;
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
      this.#rest.push(chunk.subarray(start, end));
      this.#message(JSON.parse(Buffer.concat(this.#rest).toString()));
      this.#rest = [];
      start = end + 1;
    }
    this.#rest.push(chunk.subarray(start));
  }

  #message({ id, method, params, sessionId, result, error }) {
    if (id === undefined) {
      this.#listeners.get(method)?.(params, sessionId);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting?.resolve(result);
  }
}
