// The private API, typed by its own description: `npm run generate` in `openapi/` writes `openapi.ts`.
import type { components, paths } from './openapi';

export type Schemas = components['schemas'];

type Ok<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

/** The paths below `/api/v1/` that answer `GET` with JSON. */
export type Path = {
  [P in keyof paths]: Ok<P> extends never
    ? never
    : P extends `/api/v1/${infer Rest}`
      ? Rest
      : never;
}[keyof paths];

export type Body<P extends Path> = Ok<`/api/v1/${P}`>;

type Parameters<P extends keyof paths> = paths[P] extends { get: { parameters: infer All } }
  ? All
  : never;

/** What a path takes in its query. */
export type Query<P extends Path> =
  Parameters<`/api/v1/${P}`> extends { query?: infer Q }
    ? [NonNullable<Q>] extends [never]
      ? Record<string, never>
      : Loose<NonNullable<Q>>
    : never;

/** What may be left out may be `undefined`, too. */
type Loose<Q> = {
  [K in keyof Q]: Record<never, never> extends Pick<Q, K> ? Q[K] | undefined : Q[K];
};

/** What a path takes in itself. */
export type Place<P extends Path> =
  Parameters<`/api/v1/${P}`> extends { path: infer Names } ? Names : never;

/** An answer that is none: RFC 9457 problem details, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Every part of the question that is at fault. */
    readonly faults: readonly Schemas['Fault'][] = [],
  ) {
    super(message);
  }
}

const TOKEN = 'corswatch-token';
const TIMEOUT_MS = 20_000;

/** The bearer token lives as long as the tab. */
export function rememberToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

/** Whether this tab has a token. */
export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN) !== null;
}

/** Ends what `rememberToken` began. */
export function forgetToken(): void {
  sessionStorage.removeItem(TOKEN);
}

function authorization(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { authorization: `Bearer ${token}` } : {};
}

type Stated = Record<string, string | number | boolean | null | undefined>;

/** The address of a question; what is undefined is not asked. */
export function address<P extends Path>(path: P, query: Query<P>, place?: Place<P>): string {
  const filled = Object.entries((place ?? {}) as Stated).reduce<string>(
    (so, [name, value]) => so.replace(`{${name}}`, encodeURIComponent(String(value))),
    path,
  );
  const stated = Object.entries(query as Stated).filter(([, value]) => value != null);
  const search = new URLSearchParams(stated.map(([name, value]) => [name, String(value)]));
  const text = search.toString();
  return `/api/v1/${filled}${text && `?${text}`}`;
}

export function get<P extends Path>(
  path: P,
  query: Query<P>,
  signal: AbortSignal,
): Promise<Body<P>> {
  return ask<Body<P>>(address(path, query), signal);
}

/** A process that is not ready answers with status 503 and says why. */
export function readiness(signal: AbortSignal): Promise<Schemas['Readiness']> {
  return ask('/readyz', signal, [200, 503]);
}

/** What the server says at `url`, as JSON. */
export async function ask<T>(url: string, signal: AbortSignal, answers = [200]): Promise<T> {
  const response = await reach(url, { headers: authorization() }, signal);
  if (answers.includes(response.status)) return body(response);
  throw await problem(response);
}

/** What the server says at `url`, as it is. */
export async function text(url: string, signal: AbortSignal): Promise<string> {
  const response = await reach(url, { headers: authorization() }, signal);
  if (response.ok) return response.text();
  throw await problem(response);
}

/** What a link shows a partner. Its secret goes to no other question, and is not kept. */
export async function openPartner(
  secret: string,
  signal: AbortSignal,
): Promise<Schemas['PartnerBody']> {
  const headers = { authorization: `Bearer ${secret}` };
  const response = await reach('/partner/sli', { headers }, signal);
  if (response.ok) return body(response);
  throw await problem(response);
}

/** Changes something; the answer is what the server made of it, or nothing. */
export async function send<T>(
  method: 'POST' | 'DELETE',
  url: string,
  content: unknown,
  signal: AbortSignal,
): Promise<T | undefined> {
  const headers = { ...authorization(), 'content-type': 'application/json' };
  const sent = content === undefined ? {} : { body: JSON.stringify(content) };
  const response = await reach(url, { method, headers, ...sent }, signal);
  if (response.status === 204) return undefined;
  if (response.ok) return body(response);
  throw await problem(response);
}

/** An answer that goes on: its body is read as it comes. */
export async function open(url: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const headers = { ...authorization(), accept: 'text/event-stream' };
  const response = await fetch(url, { headers, signal, cache: 'no-store' }).catch(() => {
    throw unreachable();
  });
  if (response.ok && response.body) return response.body;
  throw await problem(response);
}

/** How far the server's clock is ahead of this one, as its last answer said; in milliseconds. */
export let skewMs = 0;
/** The header has whole seconds, and answers are in progress for a while. */
const SKEW_NOTICED_MS = 5000;

async function reach(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(url, { ...init, signal: limited });
    const skew = Date.parse(response.headers.get('date') ?? '') - Date.now();
    if (!Number.isNaN(skew)) skewMs = Math.abs(skew) > SKEW_NOTICED_MS ? skew : 0;
    return response;
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable();
  }
}

function unreachable(): ApiError {
  return new ApiError(0, 'unreachable', 'The corswatch server does not answer.');
}

async function body<T>(response: Response): Promise<T> {
  return response.json().catch(() => {
    throw new ApiError(response.status, 'no_json', `${response.url} answered with no JSON.`);
  });
}

async function problem(response: Response): Promise<ApiError> {
  const said = await response.json().catch(() => ({}));
  const detail = typeof said.detail === 'string' ? said.detail : response.statusText;
  return new ApiError(
    response.status,
    String(said.code ?? ''),
    detail || `status ${response.status}`,
    Array.isArray(said.errors) ? said.errors : [],
  );
}
