// A small server with the private API's shapes, so that the page can be seen in every state.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Schemas } from '../src/api/client';
import type { Fault, IncidentDetail, Silence } from '../src/api/contracts';
import { PAGES } from '../src/view/pages';
import * as answers from './answers';
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
  incidents: IncidentDetail[];
  singles: Schemas['Single'][];
  /** Paths below the API that this server does not have. */
  without?: string[];
  silences: Silence[];
  maintenance: Silence[];
  deliveries: Schemas['DeliveryView'][];
  /** Where people sign in. */
  login?: string;
  /** Who asks; an admin where absent. */
  me?: Schemas['MeBody'];
  links?: Schemas['PartnerLinkView'][];
  /** What everything that is sent is refused for. */
  faults?: Fault[];
  /** What was sent to be changed. */
  sent?: unknown[];
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
  if (url.pathname === '/auth/methods') return methods(world, response);
  if (!url.pathname.startsWith('/api/')) return file(url.pathname, response);
  const problem = refusal(world, request);
  if (problem) {
    response.writeHead(problem.status, { 'content-type': 'application/problem+json' });
    return response.end(JSON.stringify(problem));
  }
  const path = url.pathname.slice('/api/v1/'.length);
  if (request.method === 'POST') return taken(world, path, request, response);
  if (request.method === 'DELETE') return takenBack(world, path, response);
  if (path === 'stream' && !world.without?.includes(path)) return stream(world, response);
  if (path === 'report') {
    response.writeHead(200, { 'content-type': 'text/html' });
    return response.end(`<h1>CORS of ${url.searchParams}</h1>`);
  }
  const found = world.without?.includes(path) ? undefined : body(world, url);
  const type = found === undefined ? 'application/problem+json' : 'application/json';
  const missing = { status: 404, code: 'not_found', detail: 'nothing is here' };
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': type });
  response.end(JSON.stringify(found ?? missing));
}

async function taken(
  world: World,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  let text = '';
  for await (const part of request) text += part;
  const report = JSON.parse(text);
  world.sent?.push(report);
  if (world.faults) {
    const detail = 'see the errors';
    response.writeHead(400, { 'content-type': 'application/problem+json' });
    const problem = { status: 400, code: 'invalid_request', detail, errors: world.faults };
    return response.end(JSON.stringify(problem));
  }
  if (path === 'partner-links') return linked(world, report, response);
  const made = answers.silence(report);
  world[path === 'maintenance' ? path : 'silences'].push(made);
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(JSON.stringify(made));
}

function methods(world: World, response: ServerResponse) {
  const body: Schemas['MethodsBody'] = { token: true, login: world.login ?? null };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function linked(world: World, report: Schemas['PartnerLinkReport'], response: ServerResponse) {
  const link: Schemas['PartnerLinkView'] = {
    id: 'a1',
    app: report.app,
    page_origin: report.page_origin,
    note: report.note ?? '',
    state: 'active',
    created_at: '2026-11-01T12:00:00Z',
    created_by: 'local',
    expires_at: '2026-11-08T12:00:00Z',
    revoked_at: null,
    revoked_by: '',
  };
  world.links = [...(world.links ?? []), link];
  const made: Schemas['PartnerLinkMade'] = { ...link, secret: 'ab12', path: '/partner#ab12' };
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(JSON.stringify(made));
}

function takenBack(world: World, path: string, response: ServerResponse) {
  const [, id = ''] = path.split('/');
  const link = world.links?.find((one) => path.startsWith('partner-links/') && one.id === id);
  if (link) {
    Object.assign(link, { state: 'revoked', revoked_by: 'local' });
    return response.writeHead(204).end();
  }
  const known = [...world.silences, ...world.maintenance].find((one) => one.id === id);
  if (known) Object.assign(known, { state: 'deleted', deleted_by: 'local' });
  response.writeHead(known ? 204 : 404).end();
}

/** One tick; the stream stays open as the server's does. */
function stream(world: World, response: ServerResponse) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(answers.tick(sli(100, world.empty ? 0 : 5, 1)));
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
      const embed = {
        html,
        script_url: 'http://127.0.0.1:7780/v1/corswatch.3f2a9c.js',
        integrity: 'sha384-Vt4mZ',
        edge_url: 'http://127.0.0.1:7780',
      };
      return {
        apps: ['shop', 'admin'].map((name) => ({ name, keys: ['k_shop'], embed })),
        lagging_after: 120,
        demo_url: 'http://127.0.0.1:7782',
      };
    }
    case 'sli':
      return {
        ...scope,
        ...sli(total, world.empty ? 0 : world.blocked, world.empty ? 0 : world.unknown),
      };
    case 'series':
      return series(scope, url, now, world);
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
    case 'comparison': {
      const now = sli(total, world.empty ? 0 : world.blocked, world.empty ? 0 : world.unknown);
      return answers.comparison(scope, now, sli(total, world.empty ? 0 : 4, 0));
    }
    case 'difference':
      return answers.difference(scope, world);
    case 'failures':
      return { ...scope, failures: world.empty ? [] : world.singles, next: null };
    case 'preflights':
      return answers.preflights(scope, world);
    case 'shapes':
      return answers.shapes(scope, world);
    case 'incidents': {
      const state = url.searchParams.get('state');
      const all = world.empty ? [] : world.incidents;
      return { incidents: all.filter((one) => state === null || one.state === state) };
    }
    case 'me':
      return world.me ?? { name: 'local', way: 'local', role: 'admin', apps: null };
    case 'partner-links':
      return { partner_links: world.links ?? [] };
    case 'silences':
      return { silences: world.silences } satisfies Schemas['SilencesBody'];
    case 'maintenance':
      return { maintenance: world.maintenance } satisfies Schemas['MaintenanceBody'];
    case 'deliveries':
      return { deliveries: world.deliveries } satisfies Schemas['DeliveriesBody'];
    default:
      return one(world, url);
  }
}

/** One of a list, by its identity in the path. */
function one(world: World, url: URL): unknown {
  const [kind, id] = url.pathname.slice('/api/v1/'.length).split('/');
  if (kind === 'incidents') return world.incidents.find((incident) => incident.id === id);
  const failure = kind === 'failures' && world.singles.find((single) => single.id === id);
  if (!failure) return undefined;
  const diagnosis = world.endpoints.find((row) => row.diagnosis != null)?.diagnosis ?? null;
  return { failure, diagnosis, replayed: [] };
}

/** The points up to now, or to the end that is asked for. */
function series(scope: object, url: URL, now: number, world: World) {
  const to = Date.parse(url.searchParams.get('to') ?? '');
  const end = Number.isNaN(to) ? now : to - 1;
  const all = points(end, world);
  const until = new Date((Math.floor(end / MINUTE) + 1) * MINUTE).toISOString();
  return { ...scope, from: all[0]?.at, to: until, step: 60, points: all };
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
    page_origin: [
      ['https://shop.example', 3900, 32],
      ['https://m.shop.example', 100, 1],
    ],
    endpoint: [
      ['/search', 1500, 30],
      ['/cart/:id', 2000, 3],
    ],
    method: [
      ['GET', 3000, 30],
      ['PUT', 1000, 3],
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
