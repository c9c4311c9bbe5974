// A shop in the middle of an incident.
import type { Schemas } from '../src/api/client';
import { incidents, single } from './answers';
import type { World } from './fixture';
import { shops } from './policies';

type Diagnosis = Schemas['Diagnosis'];
type FailingEndpoint = Schemas['FailingEndpoint'];
type Slo = Schemas['SloStatus'];

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

export function failing(some: Partial<FailingEndpoint>): FailingEndpoint {
  return {
    kind: 'request',
    service: 'cart',
    method: 'PUT',
    target_origin: 'https://api.shop.example',
    endpoint: '/cart/:id',
    outcome: 'blocked',
    stage: 'preflight',
    cause: null,
    parameter: null,
    confidence: 'likely',
    count: 3,
    share: 0.08,
    affected_sessions: 3,
    page_origins: ['https://shop.example'],
    browsers: ['chrome 156'],
    first_seen: ago(50),
    last_seen: ago(4),
    diagnosis: null,
    ...some,
  };
}

export function diagnosis(some: Partial<Diagnosis> = {}): Diagnosis {
  return {
    id: '5ce1',
    at: ago(0.1),
    kind: 'request',
    page_origin: 'https://shop.example',
    target_origin: 'https://api.shop.example',
    endpoint: '/cart/:id',
    service: 'cart',
    headers: 'content-type,x-tenant',
    reported_stage: 'preflight',
    first_seen: ago(50),
    hop: 0,
    method: 'PUT',
    credentialed: false,
    result: 'reproduced',
    why: 'as_reported',
    detail: 'Blocked as reported.',
    url: 'https://api.shop.example/cart/1',
    remote: '192.0.2.7',
    cause: 'HeaderDisallowedByPreflightResponse',
    parameter: 'x-tenant',
    stage: 'preflight',
    status: 204,
    explanation: 'The preflight asked for the header `x-tenant`; it is not listed.',
    offending: [{ name: 'access-control-allow-headers', value: 'content-type' }],
    fixes: [
      {
        on: 'preflight',
        header: 'access-control-allow-headers',
        value: 'content-type,x-tenant',
        change: 'List every header.',
      },
    ],
    changes: [
      {
        stage: 'preflight',
        header: 'access-control-allow-headers',
        what: 'x-tenant vanished from access-control-allow-headers',
        from: ago(6),
        to: ago(3),
      },
    ],
    snippet: null,
    ...some,
  };
}

function slo(
  name: Slo['sli'],
  target: number,
  budget: number | null,
  some: Partial<Slo> = {},
): Slo {
  return {
    name,
    app: 'shop',
    sli: name,
    limited_to: {},
    target,
    objective: 1 - target,
    from: ago(43_200),
    to: ago(0),
    window: '30d',
    measured: { bad: 10, total: 1000, ratio: 0.01 },
    state: 'ok',
    budget_remaining: budget,
    owner: null,
    runbook_url: null,
    ...some,
  };
}

/** The world of one test, free to be changed. */
export function incident(): World {
  return {
    blocked: 33,
    unknown: 6,
    endpoints: [
      failing({
        service: 'search',
        method: 'GET',
        endpoint: '/search',
        target_origin: 'https://search.shop.example',
        confidence: 'proven',
        cause: 'HeaderDisallowedByPreflightResponse',
        parameter: 'x-tenant',
        count: 30,
        share: 0.77,
        affected_sessions: 28,
        page_origins: ['https://shop.example', 'https://m.shop.example'],
      }),
      failing({}),
      failing({
        method: 'GET',
        endpoint: '/img/:file',
        outcome: 'unknown',
        stage: null,
        confidence: null,
        count: 6,
        share: 0.15,
        affected_sessions: 6,
      }),
    ],
    alerts: [
      {
        id: 'a1',
        app: 'shop',
        slo: 'block_rate',
        rule: 'fast_burn',
        group: 'service=search cause=HeaderDisallowedByPreflightResponse',
        severity: 'page',
        state: 'firing',
        since: ago(12),
        updated_at: ago(1),
        details: {},
        resolved_at: null,
        summary:
          '0.82 % of cross-origin requests are blocked by CORS, 8.2 times the budgeted rate.',
        description:
          'Allow x-tenant in Access-Control-Allow-Headers of search, or roll back release 2026.11.3.',
        owner: 'team-search',
        runbook_url: 'https://runbooks.example/cors',
      },
      {
        id: 'a2',
        app: 'shop',
        slo: 'preflight_failure_rate',
        rule: 'slow_burn',
        group: '',
        severity: 'ticket',
        state: 'pending',
        since: ago(3),
        updated_at: ago(1),
        details: {},
        resolved_at: null,
        summary: 'Preflights fail more often than budgeted.',
        description: null,
        owner: null,
        runbook_url: 'javascript:alert(1)',
      },
    ],
    ledger: {
      received: 12_050,
      refused: 40,
      refused_by_reason: { origin_not_allowed: 31, malformed: 9 },
      shed: 10,
      appended: 12_000,
      stored: 11_950,
      duplicate: 42,
      dead_lettered: 0,
      in_flight: 8,
      verdict: 'balanced',
      lost: 0,
      spooled: 0,
      missing: 0,
      unreported: 0,
      under_way: 0,
      edges: 2,
      reported_at: ago(0.1),
    },
    deploys: {
      change_rollback_rate: { bad: 1, total: 4, ratio: 0.25 },
      deploys: [
        {
          id: 'd1',
          app: 'shop',
          created_at: ago(21),
          at: ago(21),
          service: 'search',
          kind: 'deploy',
          reverts: '',
          touches_cors: true,
          author: 'mira',
          recorded_by: 'ci',
          version: '2026.11.3',
          environment: 'production',
          source: 'github',
          state: 'succeeded',
          link: 'https://ci.example/runs/3',
          rollback_rule: null,
          note: '2026.11.3',
        },
        {
          id: 'd2',
          app: 'shop',
          created_at: ago(9),
          at: ago(9),
          service: 'search',
          kind: 'rollback',
          reverts: 'd1',
          touches_cors: true,
          author: 'jon',
          recorded_by: 'ci',
          version: '2026.11.2',
          environment: 'production',
          source: 'api',
          state: 'succeeded',
          link: null,
          rollback_rule: 'earlier_version',
          note: 'back to 2026.11.2',
        },
      ],
    },
    silences: [],
    maintenance: [],
    deliveries: [],
    policies: shops(),
    incidents: incidents(),
    singles: [single(), single({ id: 'f-2', browser: 'safari 19', endpoint: '/suggest' })],
    slos: [
      slo('block_rate', 0.001, 0.31, { runbook_url: 'https://runbooks.example/cors' }),
      slo('preflight_failure_rate', 0.005, -1.4),
      slo('credentialed_failure_rate', 0.001, 0.98),
      slo('exposed_header_mismatch', 0.0001, null),
      slo('preflight_latency', 0.05, 0.44),
    ],
  };
}
