// What the data means in words. Nothing here says more than the evidence does.
import type { Schemas } from '../api/client';

type FailingEndpoint = Schemas['FailingEndpoint'];

const OUTCOMES: Record<string, string> = {
  ok: 'succeeded',
  http_error: 'answered with an HTTP error',
  blocked: 'blocked by CORS',
  network: 'network failure',
  aborted: 'aborted by the page',
  offline: 'browser offline',
  csp: 'blocked by the page’s CSP',
  mixed_content: 'blocked as mixed content',
  ad_blocked: 'blocked by a content filter',
  unloaded: 'page went away first',
  local_network: 'blocked by Local Network Access',
  unknown: 'failed, reason unknown',
};

export function outcome(word: string): string {
  return OUTCOMES[word] ?? word;
}

/** Why an endpoint fails, as far as the evidence tells. */
export function cause(failure: FailingEndpoint): string {
  if (failure.kind === 'header_read') return 'response header not exposed to the page';
  return failure.cause ?? outcome(failure.outcome);
}

export function stage(failure: FailingEndpoint): string {
  if (failure.kind === 'header_read') return 'response';
  if (failure.outcome !== 'blocked') return '–';
  return failure.stage == null || failure.stage === 'unknown' ? 'not known' : failure.stage;
}

/** How far the evidence carries. */
export function evidence(failure: FailingEndpoint): [short: string, long: string] {
  switch (failure.confidence) {
    case 'proven':
      return ['proven', 'The browser’s evidence leaves no other explanation.'];
    case 'likely':
      return ['likely', 'The evidence fits; other explanations are possible.'];
    default:
      return ['none', 'Browsers gave no evidence beyond the failure itself.'];
  }
}

const EVIDENCE: Record<string, string> = {
  abort: 'the page aborted it',
  timeout: 'the page’s time limit ended it',
  unload: 'the page was going away',
  csp: 'the browser named the page’s CSP',
  mixed: 'http from an https page, and nothing answers',
  lna: 'the host is local, and the permission is denied',
  replaced: 'a content blocker answered in its place',
  quota: 'a keepalive body over the browser’s limit',
  down: 'the server had not answered shortly before',
  off: 'probes are switched off',
  budget: 'no more probes were permitted',
  hang: 'a probe did not end in time',
  busy: 'the page kept the server busy, so that no probe was sent',
  pending: 'the page went away before the verdict',
  'A+': 'the server answers without CORS',
  'A-': 'the server does not answer without CORS',
  'E+': 'an EventSource shows an answer',
  'E-': 'an EventSource shows no answer',
  'R+': 'the root of the server answers',
  'R-': 'the root of the server does not answer',
  'hangR+': 'probes of this method hang, the root of the server answers',
  rt: 'the browser’s timing entry shows an answer that was withheld',
  q: 'it took another time than the probes',
  Br: 'a request with CORS is redirected',
  BrL: 'a request with CORS is redirected in a loop',
  'B-': 'a request with CORS is rejected again',
  'B+': 'a plain request with CORS passes',
  B4: 'a plain request with CORS passes, with an error status',
  'P+': 'a preflighted request passes',
  'P-': 'a preflighted request is rejected',
};

const STANDINGS: Record<string, string> = {
  excessive: 'more than one page load or network plausibly reports',
  network_share: 'beyond one network’s share of the traffic',
  contradicted: 'one network reports what others do not see',
  opaque_origin: 'from a page whose origin the browser withheld',
};

/** Why a report is not counted with the undisputed ones. */
export function standing(word: string): string {
  return `disputed: ${STANDINGS[word] ?? word}`;
}

/** An evidence code in words; what is not known stays as it came. */
export function evidenceWords(code: string): string {
  const whole = EVIDENCE[code];
  if (whole !== undefined) return whole;
  const parts = code.match(/hangR\+|BrL|Br|B4|rt|q|[A-Z][+-]/g) ?? [];
  const known = parts.map((part) => EVIDENCE[part]);
  if (parts.join('') !== code || known.includes(undefined)) return code;
  return known.join('; ');
}

/** What came of replaying a failure. */
export function result(diagnosis: Schemas['Diagnosis']): string {
  switch (diagnosis.result) {
    case 'reproduced':
      return 'reproduced';
    case 'refused':
      return 'not asked';
    case 'no_answer':
      return 'no answer';
    default:
      return 'not reproduced';
  }
}

const STANCES: Record<string, string> = {
  none: 'no origin',
  list: 'a list of origins',
  wildcard: 'any origin (*)',
  wildcard_with_credentials: 'any origin (*), credentials set',
  reflecting: 'any origin (reflected)',
  null_trusted: 'null, which any site can send',
  credentialed_reflecting: 'any origin (reflected), with credentials',
};

/** Whom a target lets read. */
export function stance(word: string | null | undefined): string {
  return word == null ? 'not known' : (STANCES[word] ?? word);
}

/** How much to worry about whom a target lets read. */
export function tone({ stance }: Schemas['Target']): 'good' | 'warn' | 'bad' | 'none' {
  switch (stance) {
    case 'list':
      return 'good';
    case 'wildcard_with_credentials':
    case 'reflecting':
      return 'warn';
    case 'null_trusted':
    case 'credentialed_reflecting':
      return 'bad';
    default:
      return 'none';
  }
}

/** What an origin that was tried is granted. */
export function grant(word: string): string {
  switch (word) {
    case 'denied':
      return 'no';
    case 'credentialed':
      return 'with credentials';
    default:
      return 'without credentials';
  }
}

/** Where CORS is configured. */
export const platforms = [
  'nginx',
  'envoy',
  'apache',
  'caddy',
  'haproxy',
  'traefik',
  'express',
  'spring',
  'fastapi',
  'tower-http',
  'aws-api-gateway',
  'cloudfront',
  'cloudflare-workers',
  'ingress-nginx',
  'gateway-api',
] as const;

/** What changed of an answer: a header, or its status. */
export function changed(header: string): string {
  return header === ':status' ? 'status' : header;
}

export function nameless(value: string): string {
  return value === '' ? '(none stated)' : value;
}

/** What to do next about an objective in danger, where its alert does not say. */
export const FIRST_STEPS =
  'Look at the failing endpoints, at deploys just before the start, and at the CORS headers at the edge; then roll back or patch.';
