// What the server said, shared by all panels: a question that two of them ask is asked once a round.
// What was last known stays until something newer arrives.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useRound } from '../view/clock';
import { ApiError, address, ask, type Body, type Path, type Query } from './client';

interface Entry {
  data?: unknown;
  error?: ApiError | undefined;
  round: number;
  flight?: AbortController | undefined;
  readers: Set<() => void>;
}

/** Answers that no panel reads any more are kept for the way back, so many of them. */
const MAX_KEPT = 120;
const entries = new Map<string, Entry>();

function entryOf(key: string): Entry {
  const known = entries.get(key);
  if (known) return known;
  const unread = [...entries].filter(([, entry]) => entry.readers.size === 0);
  for (const [old] of unread.slice(0, Math.max(0, entries.size - MAX_KEPT))) entries.delete(old);
  const made: Entry = { round: -1, readers: new Set() };
  entries.set(key, made);
  return made;
}

async function refresh(key: string, url: string, round: number): Promise<void> {
  const entry = entryOf(key);
  if (entry.flight !== undefined || entry.round >= round) return;
  const flight = new AbortController();
  entry.flight = flight;
  entry.round = round;
  try {
    entry.data = await ask(url, flight.signal);
    entry.error = undefined;
  } catch (error) {
    if (flight.signal.aborted) return;
    entry.error = error instanceof ApiError ? error : new ApiError(0, 'unreadable', String(error));
  } finally {
    if (entry.flight === flight) entry.flight = undefined;
  }
  for (const reader of entry.readers) reader();
}

/** Requests that no panel waits for any more are cancelled. */
function leave(key: string, reader: () => void): void {
  const entry = entries.get(key);
  entry?.readers.delete(reader);
  if (entry?.flight && entry.readers.size === 0) {
    entry.flight.abort();
    entry.flight = undefined;
    entry.round = -1;
  }
}

/** What is known, and what could not be learnt last time. */
export interface Answer<T> {
  data: T | undefined;
  error: ApiError | undefined;
  /** The data answers an earlier question. */
  stale: boolean;
  /** The address of the question, for who wants the same from elsewhere. */
  url: string | undefined;
}

const NOTHING: Answer<never> = { data: undefined, error: undefined, stale: false, url: undefined };

/** The answer to a question, asked again every round; `undefined` as the query asks nothing. */
export function useData<P extends Path>(path: P, query: Query<P> | undefined): Answer<Body<P>> {
  return useAnswer<Body<P>>(query === undefined ? undefined : address(path, query));
}

/** The answer at an address below the API's root. */
export function useAnswer<T>(key: string | undefined): Answer<T> {
  const { round, to } = useRound();
  const [, render] = useState(0);
  const last = useRef<T | undefined>(undefined);
  useEffect(() => {
    if (key === undefined) return;
    const reader = () => render((count) => count + 1);
    const entry = entryOf(key);
    entry.readers.add(reader);
    // It may have come since this was drawn.
    if (entry.data !== last.current || entry.error !== undefined) reader();
    return () => leave(key, reader);
  }, [key]);
  // All questions of a round are about the same time.
  useEffect(() => {
    if (key !== undefined) refresh(key, key.includes('window=') ? `${key}&to=${to}` : key, round);
  }, [key, round]);
  if (key === undefined) return NOTHING;
  const entry = entries.get(key);
  const known = entry?.data as T | undefined;
  if (known !== undefined) last.current = known;
  return {
    data: known ?? last.current,
    error: entry?.error,
    stale: known === undefined && last.current !== undefined,
    url: key,
  };
}
