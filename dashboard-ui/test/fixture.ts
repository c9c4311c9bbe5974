// A small server with the private API's shapes, so that the page can be seen in every state.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Schemas } from '../src/api/client';
import { PAGES } from '../src/view/pages';
import { history, inventory } from './policies';

type PartReport = Schemas['PartReport'];
type Sli = Schemas['Sli'];

const MINUTE = 60_000;
// Same as the server's own, so that what it forbids is forbidden here too.
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export interface World {
  /** Answered to everything instead of data. */
  failure?: { status: number; code: string; detail: string };
  token?: string;
  empty?: boolean;
  lagMs?: number;
  parts?: PartReport[];
  endpoints: Schemas['FailingEndpoint'][];
  alerts: Schemas['Alert'][];
  ledger: Schemas['LedgerBody'];
  deploys: Schemas['DeploysBody'];
  slos: Schemas['SloStatus'][];
  policies: Schemas['Target'][];
  blocked: number;
  unknown: number;
}

export function sli(total: number, bad: number, unknown: number): Sli {
  const rate = (part: number, of: number) => ({
    bad: part,
    total: of,
    ratio: of > 0 ? part / of : null,
  });
  const some = total > 0;
  return {
    block_rate: {
      ...rate(bad, total),
      band: some ? [bad / total, (bad + unknown) / total] : null,
    },
    unknown_rate: rate(unknown, total),
    preflight_failure_rate: rate(Math.ceil(bad / 2), Math.round(total / 3)),
    credentialed_failure_rate: {
      ...rate(0, Math.round(total / 4)),
      denied: rate(some ? 2 : 0, total),
    },
    exposed_header_mismatch: rate(0, 0),
    preflight_latency_ms: {
      p50: some ? 41.2 : null,
      p95: some ? 142.6 : null,
      p99: some ? 310 : null,
      under_200_ms: some ? 0.972 : null,
      slow: Math.round(total * 0.007),
      measured: Math.round(total / 4),
      coverage: some ? 0.75 : null,
    },
    outcomes: some ? { ok: total - bad - unknown, blocked: bad, unknown } : {},
  };
}

/** Serves the built page and `world`, which may be changed at any time. */
export async function serve(world: World) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(world, request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(world: World, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://fixture');
  response.setHeader('content-security-policy', CSP);
  response.setHeader('x-content-type-options', 'nosniff');
  if (url.pathname === '/readyz') return readiness(world.parts ?? [], response);
  if (!url.pathname.startsWith('/api/')) return file(url.pathname, response);
  const problem = refusal(world, request);
  if (problem) {
    response.writeHead(problem.status, { 'content-type': 'application/problem+json' });
    return response.end(JSON.stringify(problem));
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body(world, url)));
}

function readiness(parts: PartReport[], response: ServerResponse) {
  const worst = ['down', 'degraded'].find((one) => parts.some((part) => part.condition === one));
  const status = worst === 'down' ? 503 : 200;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ condition: worst ?? 'ready', parts }));
}

function refusal(world: World, request: IncomingMessage) {
  if (world.failure) return world.failure;
  if (world.token === undefined) return undefined;
  if (request.headers.authorization === `Bearer ${world.token}`) return undefined;
  return { status: 401, code: 'unauthenticated', detail: 'this token is not known' };
}

async function file(path: string, response: ServerResponse) {
  const [, first = ''] = path.split('/');
  const isPage = first === '' || PAGES.some((page) => page.name === first);
  const name = isPage ? 'index.html' : path.slice(1);
  const type = { html: 'text/html', js: 'text/javascript', css: 'text/css' }[
    name.split('.').pop() ?? ''
  ];
  const bytes = await readFile(join(process.cwd(), 'dist', name)).catch(() => undefined);
  if (bytes === undefined) return response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': `${type ?? 'application/octet-stream'}; charset=utf-8`,
  });
  response.end(bytes);
}

function body(world: World, url: URL): unknown {
  const now = Date.now();
  const watermark = new Date(now - (world.lagMs ?? 2000)).toISOString();
  const total = world.empty ? 0 : 4000;
  const scope = {
    app: url.searchParams.get('app') ?? 'shop',
    window: url.searchParams.get('window') ?? '1h',
    from: new Date(now - 60 * MINUTE).toISOString(),
    to: new Date(now).toISOString(),
    watermark: world.empty ? null : watermark,
    source: 'browser',
  };
  switch (url.pathname.slice('/api/v1/'.length)) {
    case 'apps': {
      const html =
        '<script src="http://127.0.0.1:7780/v1/corswatch.3f2a9c.js" integrity="sha384-Vt4mZ" crossorigin="anonymous" data-key="k_shop" data-url="http://127.0.0.1:7780"></script>';
      return {
        apps: ['shop', 'admin'].map((name) => ({ name, keys: ['k_shop'], embed: { html } })),
        lagging_after: 120,
      };
    }
    case 'sli':
      return {
        ...scope,
        ...sli(total, world.empty ? 0 : world.blocked, world.empty ? 0 : world.unknown),
      };
    case 'series':
      return { ...scope, step: 60, points: points(now, world) };
    case 'endpoints':
      return {
        ...scope,
        total_failures: world.blocked + world.unknown,
        endpoints: world.empty ? [] : world.endpoints,
      };
    case 'diagnoses': {
      const snippet = `# for ${url.searchParams.get('platform')}`;
      const known = world.endpoints.map((row) => row.diagnosis).filter((one) => one != null);
      const found = known.filter((one) => one.id === url.searchParams.get('id'));
      return { diagnoses: found.map((one) => ({ ...one, snippet })) };
    }
    case 'breakdown':
      return {
        ...scope,
        by: url.searchParams.get('by'),
        rows: world.empty ? [] : rows(url.searchParams.get('by') ?? ''),
      };
    case 'slos':
      return {
        watermark: scope.watermark,
        lagging: (world.lagMs ?? 0) > 120_000,
        slos: world.slos.map((slo) =>
          world.empty
            ? {
                ...slo,
                state: 'no_data',
                budget_remaining: null,
                measured: { bad: 0, total: 0, ratio: null },
              }
            : slo,
        ),
      };
    case 'alerts':
      return { alerts: world.empty ? [] : world.alerts };
    case 'inventory':
      return inventory(world.empty ? [] : world.policies);
    case 'inventory/history':
      return history(world.empty ? [] : world.policies);
    case 'ledger':
      return world.ledger;
    case 'deploys':
      return world.empty
        ? { change_rollback_rate: { bad: 0, total: 0, ratio: null }, deploys: [] }
        : world.deploys;
    default:
      return {};
  }
}

function points(now: number, world: World) {
  const start = Math.floor(now / MINUTE) - 59;
  return Array.from({ length: 60 }, (_, index) => {
    const at = new Date((start + index) * MINUTE).toISOString();
    const wave = Math.round(66 + 20 * Math.sin(index / 6));
    const bad = index > 38 && index < 50 ? Math.round(wave / 9) : index % 13 === 0 ? 1 : 0;
    const quiet = world.empty || (index > 20 && index < 23);
    const { preflight_latency_ms, ...rest } = sli(
      quiet ? 0 : wave,
      quiet ? 0 : bad,
      quiet || bad === 0 ? 0 : 2,
    );
    const jitter = 1 + 0.2 * Math.sin(index * 1.7);
    const scaled = (value: number | null | undefined) =>
      value == null ? null : Math.round(value * jitter);
    const { p50, p95, p99 } = preflight_latency_ms;
    return {
      at,
      ...rest,
      preflight_latency_ms: {
        ...preflight_latency_ms,
        p50: scaled(p50),
        p95: scaled(p95),
        p99: scaled(p99),
      },
    };
  });
}

function rows(by: string) {
  const values: Record<string, [string, number, number][]> = {
    browser: [
      ['chrome 156', 2600, 2],
      ['safari 19', 900, 31],
      ['firefox 151', 420, 0],
      ['edge 156', 80, 0],
    ],
    release: [
      ['2026.11.3', 1400, 30],
      ['2026.11.2', 2500, 3],
      ['', 100, 0],
    ],
    service: [
      ['cart', 2000, 3],
      ['search', 1500, 30],
      ['', 500, 0],
    ],
    environment: [
      ['production', 3800, 33],
      ['staging', 200, 0],
    ],
  };
  return (values[by] ?? []).map(([value, total, bad]) => ({ value, ...sli(total, bad, 0) }));
}
