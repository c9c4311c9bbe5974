// The private API as this page uses it; its full description is at /openapi.json.

export interface Rate {
  /** What is reported beside it and not believed. */
  disputed?: { bad: number; total: number };
  bad: number;
  total: number;
  ratio: number | null;
}

export interface BandedRate extends Rate {
  band: [number, number] | null;
}

export interface Latency {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  under_200_ms: number | null;
  slow: number;
  measured: number;
  coverage: number | null;
}

export interface Sli {
  block_rate: BandedRate;
  unknown_rate: Rate;
  preflight_failure_rate: Rate;
  credentialed_failure_rate: Rate & { denied: Rate };
  exposed_header_mismatch: Rate;
  preflight_latency_ms: Latency;
  outcomes: Record<string, number>;
}

export interface Scope {
  app: string;
  window: string;
  from: string;
  to: string;
  watermark: string | null;
  source: string;
}

export interface Series extends Scope {
  step: number;
  points: (Sli & { at: string })[];
}

export interface FailingEndpoint {
  kind: string;
  service: string;
  method: string;
  target_origin: string;
  endpoint: string;
  outcome: string;
  stage: string | null;
  cause: string | null;
  parameter: string | null;
  confidence: string | null;
  count: number;
  share: number | null;
  affected_sessions: number | null;
  page_origins: string[];
  browsers: string[];
  first_seen: string;
  last_seen: string;
  diagnosis: Diagnosis | null;
}

/** What replaying a failure showed. */
export interface Diagnosis {
  id: string;
  at: string;
  page_origin: string;
  method: string;
  credentialed: boolean;
  result: string;
  why: string;
  detail: string;
  url: string;
  remote: string | null;
  cause: string | null;
  parameter: string | null;
  stage: string | null;
  status: number | null;
  explanation: string | null;
  offending: { name: string; value: string }[];
  fixes: { on: string; header: string | null; value: string | null; change: string }[];
  changes: { stage: string; header: string; what: string; from: string; to: string }[];
  snippet: string | null;
}

export interface Diagnoses {
  diagnoses: Diagnosis[];
}

/** How many services have a target that lets whom read. */
export interface Stances {
  services: number;
  none: number;
  list: number;
  wildcard: number;
  wildcard_with_credentials: number;
  reflecting: number;
  null_trusted: number;
  credentialed_reflecting: number;
  unknown: number;
}

export interface PolicyFinding {
  rule: string;
  key: string;
  level: string;
  title: string;
  message: string;
  evidence: string[];
  fix: string[];
  since: string;
}

export interface TriedOrigin {
  origin: string;
  source: string;
  grant: string;
  last_seen: string | null;
  unused: boolean;
}

/** The policy of one target. */
export interface PolicyTarget {
  service: string;
  target_origin: string;
  endpoint: string;
  apps: string[];
  method: string;
  url: string;
  made_up: boolean;
  state: string;
  reason: string | null;
  stance: string | null;
  since: string;
  audited_at: string;
  answered_at: string | null;
  observed_since: string | null;
  vary: string;
  max_age: number | null;
  max_age_too_long: boolean;
  has_list: boolean;
  origins: TriedOrigin[];
  findings: PolicyFinding[];
  limited: boolean;
}

export interface Inventory {
  summary: Stances & {
    targets: number;
    vary_missing: number;
    max_age_too_long: number;
    unused_entries: number;
    unanswered: number;
    as_of: string | null;
  };
  targets: PolicyTarget[];
}

export interface InventoryHistory {
  points: (Stances & { at: string; targets: number; vary_missing: number })[];
}

export interface Endpoints extends Scope {
  total_failures: number;
  endpoints: FailingEndpoint[];
}

export interface Breakdown extends Scope {
  by: string;
  rows: (Sli & { value: string })[];
}

export interface Slo {
  name: string;
  app: string;
  sli: string;
  limited_to: Record<string, string>;
  target: number;
  window: string;
  measured: Rate;
  state: 'ok' | 'breach' | 'no_data';
  budget_remaining: number | null;
  owner: string | null;
  runbook_url: string | null;
}

export interface Slos {
  watermark: string | null;
  lagging: boolean;
  slos: Slo[];
}

export interface Alert {
  id: string;
  app: string;
  slo: string;
  rule: string;
  group: string;
  severity: string;
  state: string;
  since: string;
  resolved_at: string | null;
  summary: string | null;
  description: string | null;
  owner: string | null;
  runbook_url: string | null;
}

export interface Ledger {
  received: number;
  refused: number;
  refused_by_reason: Record<string, number>;
  shed: number;
  appended: number;
  stored: number;
  duplicate: number;
  dead_lettered: number;
  in_flight: number;
  lost: number;
  spooled: number;
  missing: number;
  unreported: number;
  under_way: number;
  verdict: 'balanced' | 'not_balanced';
  edges: number;
  reported_at: string | null;
}

export interface Deploy {
  id: string;
  at: string;
  service: string;
  kind: string;
  reverts: string;
  touches_cors: boolean;
  author: string;
  recorded_by: string;
  note: string;
}

export interface Deploys {
  change_rollback_rate: Rate;
  deploys: Deploy[];
}

export interface App {
  name: string;
  keys: string[];
  embed: { html: string } | null;
}

export interface Apps {
  apps: App[];
  lagging_after: number;
}

export interface PartReport {
  part: string;
  condition: 'ready' | 'degraded' | 'down';
  detail: string;
}

/** How the serving process is; a process of one role knows its own parts alone. */
export interface Readiness {
  condition: PartReport['condition'];
  parts: PartReport[];
}

/** An answer that is none: RFC 9457 problem details, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const TOKEN = 'corswatch-token';
const PATIENCE_MS = 20_000;

/** The bearer token lives as long as the tab. */
export function rememberToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

export async function get<T>(
  path: string,
  query: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<T> {
  const stated = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const search = new URLSearchParams(stated).toString();
  return ask(`/api/v1/${path}${search && `?${search}`}`, [200], signal);
}

/** A process that is not ready answers with status 503 and says why. */
export function readiness(signal: AbortSignal): Promise<Readiness> {
  return ask('/readyz', [200, 503], signal);
}

async function ask<T>(url: string, answers: number[], signal: AbortSignal): Promise<T> {
  const token = sessionStorage.getItem(TOKEN);
  const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};
  let response: Response;
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    response = await fetch(url, { headers, signal: patience });
    if (answers.includes(response.status)) return (await response.json()) as T;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, 'unreachable', 'The corswatch server does not answer.');
  }
  const problem = await response.json().catch(() => ({}));
  const detail = typeof problem.detail === 'string' ? problem.detail : response.statusText;
  throw new ApiError(response.status, String(problem.code ?? ''), detail);
}
