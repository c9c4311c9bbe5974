// Everything that the page shows, asked for again and again without flicker: what was last known
// stays until something newer arrives.
import { useEffect, useRef, useState } from 'preact/hooks';
import {
  type Alert,
  ApiError,
  type Apps,
  type Breakdown,
  type Deploys,
  type Endpoints,
  get,
  type Inventory,
  type InventoryHistory,
  type Ledger,
  type PartReport,
  readiness,
  type Scope,
  type Series,
  type Sli,
  type Slos,
} from './api';
import { BREAKDOWNS, type BreakdownKey } from './breakdown';
import { type Filters, write } from './filters';

interface Answers {
  sli: Scope & Sli;
  series: Series;
  endpoints: Endpoints;
  services: Breakdown;
  environments: Breakdown;
  allReleases: Breakdown;
  slos: Slos;
  alerts: { alerts: Alert[] };
  ledger: Ledger;
  deploys: Deploys;
  inventory: Inventory;
  inventoryHistory: InventoryHistory;
  [key: BreakdownKey]: Breakdown;
}

/** What is known, and what could not be learnt last time. */
export interface Feed {
  apps?: Apps;
  answers: Partial<Answers>;
  errors: { [K in keyof Answers]?: ApiError };
  /** Parts of the server that say that something is wrong with them. */
  impaired: PartReport[];
  /** Nothing can be shown because of this. */
  failure?: ApiError;
  /** When the last round ended, in milliseconds. */
  updated?: number;
  /** The answers are those of earlier filters. */
  stale: boolean;
}

const SHORT_WINDOWS = ['15m', '1h', '6h'];
const OFTEN_MS = 4000;
const SELDOM_MS = 20_000;

/**
 * The feed for `filters`; it rests while the page is hidden or `paused`, but answers new filters
 * then, too. `round` forces a new one.
 */
export function useFeed(filters: Filters, paused: boolean, round: number): Feed {
  const [feed, set] = useState<Feed>({
    answers: {},
    errors: {},
    impaired: [],
    stale: true,
  });
  const key = write(filters);
  const shown = useRef(key);
  const answered = useRef('');
  const wanted = `${round} ${key}`;
  // `wanted` stands for the filters.
  useEffect(() => {
    if (paused && answered.current === wanted) return;
    if (shown.current !== key) set((old) => ({ ...old, stale: true }));
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      if (document.hidden) return;
      const asked = [ask(filters, ended.signal), findImpaired(ended.signal)] as const;
      const [next, impaired] = await Promise.all(asked);
      if (ended.signal.aborted) return;
      set((old) => ({ ...merge(old, next, shown.current === key), impaired }));
      shown.current = key;
      answered.current = wanted;
      const pause = SHORT_WINDOWS.includes(filters.window) ? OFTEN_MS : SELDOM_MS;
      if (!paused) timer = setTimeout(run, pause);
    };
    const seen = () => {
      clearTimeout(timer);
      if (!document.hidden && !paused) run();
    };
    document.addEventListener('visibilitychange', seen);
    run();
    return () => {
      ended.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [wanted, paused]);
  return feed;
}

/** A path below the API's root, and the query. */
type Question = [string, Record<string, string | undefined>];

type Asked = Omit<Feed, 'impaired' | 'stale'>;

function merge(old: Feed, next: Asked, sameFilters: boolean): Omit<Feed, 'impaired'> {
  if (next.failure) return { ...old, failure: next.failure, stale: !sameFilters };
  const known = sameFilters ? old.answers : {};
  return { ...next, answers: { ...known, ...next.answers }, stale: false };
}

async function ask(filters: Filters, signal: AbortSignal): Promise<Asked> {
  let apps: Apps;
  try {
    apps = await get<Apps>('apps', {}, signal);
  } catch (error) {
    return { answers: {}, errors: {}, failure: problem(error) };
  }
  const app = filters.app ?? apps.apps[0]?.name;
  if (app === undefined) return { apps, answers: {}, errors: {}, updated: Date.now() };
  const window = filters.window;
  const all = { ...filters, app };
  const wide = { app, window: '7d', limit: '200' };
  const paths: { [K in keyof Answers]: Question } = {
    sli: ['sli', all],
    series: ['series', all],
    endpoints: ['endpoints', { ...all, limit: '20' }],
    ...tables(all),
    services: ['breakdown', { ...wide, by: 'service' }],
    environments: ['breakdown', { ...wide, by: 'environment' }],
    allReleases: ['breakdown', { ...wide, by: 'release' }],
    slos: ['slos', { app }],
    alerts: ['alerts', { app }],
    ledger: ['ledger', {}],
    deploys: ['deploys', { app, window }],
    inventory: ['inventory', { app, service: filters.service }],
    inventoryHistory: ['inventory/history', { app, service: filters.service, days: '9' }],
  };
  // Each answer has the type that its question asks for.
  const answers: Record<string, never> = {};
  const errors: Record<string, ApiError> = {};
  const asked = Object.entries(paths).map(async ([name, [path, query]]) => {
    try {
      answers[name] = await get<never>(path, query, signal);
    } catch (error) {
      errors[name] = problem(error);
    }
  });
  await Promise.all(asked);
  return { apps, answers, errors, updated: Date.now() };
}

/** A question for each table of a breakdown. */
function tables(all: Record<string, string | undefined>): { [key: BreakdownKey]: Question } {
  const question = (by: string): Question => ['breakdown', { ...all, by, limit: '8' }];
  return Object.fromEntries(BREAKDOWNS.map(({ by }) => [`by_${by}`, question(by)]));
}

/** Where health cannot be asked, what else fails says it. */
async function findImpaired(signal: AbortSignal): Promise<PartReport[]> {
  const { parts } = await readiness(signal).catch(() => ({ parts: [] }));
  return parts.filter((part) => part.condition !== 'ready');
}

function problem(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, 'unreachable', String(error));
}
