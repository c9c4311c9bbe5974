// Answers of the newer routes, as the server gives them.

import type { Schemas } from '../src/api/client';
import type { IncidentDetail, Silence } from '../src/api/contracts';
import type { World } from './fixture';

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

export function incidents(): IncidentDetail[] {
  const open: IncidentDetail = {
    id: '7f3a',
    state: 'open',
    opened_at: ago(11),
    closed_at: null,
    closed_as: null,
    apps: ['shop'],
    severity: 'page',
    title: 'x-tenant vanished from Access-Control-Allow-Headers of search.shop.example',
    cause: 'HeaderDisallowedByPreflightResponse',
    parameter: 'x-tenant',
    stage: 'preflight',
    target_origin: 'https://search.shop.example',
    service: 'search',
    owner: 'team-search',
    runbook_url: 'https://runbooks.example/cors',
    endpoints: ['GET /search', 'GET /suggest'],
    slis: ['block_rate', 'preflight_failure_rate'],
    impact: {
      sessions: 28,
      all_sessions: 610,
      networks: 11,
      failed: 30,
      requests: 1500,
      share: 0.02,
      since: ago(12),
      trend: 'rising',
      text: '',
    },
    suspects: [
      {
        kind: 'deploy',
        id: 'd1',
        at: ago(21),
        score: 0.92,
        why: 'the header vanished right then',
        undo: '',
      },
    ],
    suspects_known: true,
    alerts: [
      {
        id: 'a1',
        app: 'shop',
        slo: 'block_rate',
        sli: 'block_rate',
        rule: 'fast_burn',
        severity: 'page',
        since: ago(11),
        measured: '0.82 % blocked',
        budget: 'exhausted',
      },
    ],
    description: 'Pages of shop.example cannot read answers of search.shop.example.',
    timeline: [
      { at: ago(21), what: 'deploy', text: 'search 2026.11.3 by mira' },
      { at: ago(12), what: 'started', text: 'the first request was blocked' },
      { at: ago(11), what: 'opened', text: 'opened as page' },
      { at: ago(11), what: 'notified', text: 'told pagerduty' },
    ],
    evidence: {
      diagnosis: 'The preflight asked for the header x-tenant; it is not listed.',
      fix: 'access-control-allow-headers: content-type,x-tenant',
      headers: ['access-control-allow-headers: content-type'],
      changes: [],
      affected: ['release 2026.11.3'],
      healthy: ['release 2026.11.2'],
      page_origins: ['https://shop.example'],
    },
    runbook: [
      { done: true, text: 'Reproduce: replayed, blocked as reported.' },
      { done: false, text: 'Roll back search 2026.11.3.' },
    ],
    previous: null,
    waits_for: [],
    cached_until: null,
    times: { to_detect: '1 min', to_notify: '1 min', to_fix: null },
  };
  const closed = {
    ...open,
    id: '11c0',
    state: 'closed',
    title: 'OPTIONS of api.shop.example answered 404',
    opened_at: ago(3000),
    closed_at: ago(2950),
    closed_as: 'fixed',
    suspects: [],
    impact: open.impact ? { ...open.impact, since: ago(3004) } : null,
  };
  return [open, closed];
}

export function comparison(scope: object, current: Schemas['Sli'], before: Schemas['Sli']) {
  return { ...scope, current, before: { from: ago(120), to: ago(60), ...before } };
}

export function difference(scope: object, world: World) {
  const value = (name: string, failing: number, passing: number, lift: number) => ({
    value: name,
    failing,
    passing,
    ratio: failing / (failing + passing),
    share_of_failing: failing / world.blocked,
    share_of_passing: passing / 3960,
    lift,
  });
  const none = world.empty === true;
  return {
    ...scope,
    sli: 'block_rate',
    failing: none ? 0 : world.blocked,
    passing: none ? 0 : 3967,
    dimensions: none
      ? []
      : [
          {
            by: 'release',
            values: [value('2026.11.3', 30, 1370, 2.6), value('2026.11.2', 3, 2497, 0.1)],
            healthy: [{ value: '', passing: 100 }],
          },
          {
            by: 'browser',
            values: [value('safari 19', 31, 869, 4.2), value('chrome 156', 2, 2598, 0.1)],
            healthy: [
              { value: 'firefox 151', passing: 420 },
              { value: 'edge 156', passing: 80 },
            ],
          },
        ],
  };
}

export function single(some: Partial<Schemas['Single']> = {}): Schemas['Single'] {
  return {
    id: 'f-1',
    at: ago(4),
    received_at: ago(4),
    kind: 'request',
    service: 'search',
    method: 'GET',
    target_origin: 'https://search.shop.example',
    endpoint: '/search',
    outcome: 'blocked',
    stage: 'preflight',
    cause: 'HeaderDisallowedByPreflightResponse',
    parameter: 'x-tenant',
    confidence: 'proven',
    evidence: 'probe_readable',
    status: null,
    browser: 'safari 19',
    release: '2026.11.3',
    environment: 'production',
    page_origin: 'https://shop.example',
    session: '9b2c',
    context: 'page',
    standing: 'undisputed',
    credentialed: true,
    preflighted: true,
    count: 1,
    ...some,
  };
}

export function preflights(scope: object, world: World): object {
  const none = world.empty === true;
  const rate = (bad: number, total: number) => ({
    bad,
    total,
    ratio: total > 0 ? bad / total : null,
  });
  return {
    ...scope,
    needing_preflight: none ? rate(0, 0) : rate(1330, 4000),
    options: rate(0, 0),
    saved_by_max_age: none ? null : 910,
    saved_by_max_age_ms: none ? null : 38_220,
    saved_by_simple_shape_ms: none ? null : 55_860,
    reasons: none
      ? []
      : [
          { kind: 'header', name: 'x-tenant', requests: 1100, only_reason: 700 },
          { kind: 'content_type', name: 'content-type', requests: 400, only_reason: 120 },
          { kind: 'method', name: 'PUT', requests: 130, only_reason: 40 },
        ],
    shapes: none
      ? []
      : [
          {
            service: 'search',
            target_origin: 'https://search.shop.example',
            endpoint: '/search',
            method: 'GET',
            reasons: [{ kind: 'header', name: 'x-tenant' }],
            requests: 1100,
            preflight_ms: 41.5,
            measured: 800,
            max_age: 5,
            saved_by_max_age: 800,
            saved_by_max_age_ms: 33_200,
            saved_by_simple_shape_ms: 45_650,
          },
        ],
  };
}

export function shapes(scope: object, world: World): object {
  const shape = (page_origin: string, service: string, count: number, blocked: number) => ({
    page_origin,
    target_origin: `https://${service || 'cdn'}.shop.example`,
    endpoint: '/x',
    service,
    method: 'GET',
    headers: [],
    credentialed: false,
    preflighted: false,
    reads: [],
    outcomes: { ok: count - blocked, blocked },
    count,
  });
  const all = [
    shape('https://shop.example', 'cart', 2000, 3),
    shape('https://shop.example', 'search', 1400, 29),
    shape('https://m.shop.example', 'search', 100, 1),
    shape('https://stranger.example', 'cart', 12, 12),
    shape('https://shop.example', '', 500, 0),
  ];
  return { ...scope, complete: true, shapes: world.empty ? [] : all };
}

/** A stream with one tick. */
export function tick(point: Schemas['Sli']): string {
  const points = [3, 2, 1].map((minutes) => ({ at: ago(minutes), ...point }));
  const data = {
    app: 'shop',
    at: ago(0),
    watermark: ago(0.03),
    lag_ms: 1800,
    whole: true,
    arrived: { requests: 12, blocked: 1, unknown: 0 },
    points,
  };
  return `event: tick\nid: 1\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A silence as the server keeps it. */
export function silence(some: Partial<Silence> = {}): Silence {
  const starts = some.starts_at ?? new Date().toISOString();
  return {
    id: 's1',
    match: { app: 'shop' },
    author: 'local',
    reason: 'a known outage',
    rrule: '',
    time_zone: '',
    state: 'active',
    source: 'api',
    starts_at: starts,
    ends_at: new Date(Date.parse(starts) + 3_600_000).toISOString(),
    window_from: starts,
    window_to: some.ends_at ?? null,
    created_at: starts,
    created_by: 'local',
    deleted_at: null,
    deleted_by: '',
    ...some,
  };
}
