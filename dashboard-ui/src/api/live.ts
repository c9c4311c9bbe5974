// Live numbers: server-sent events, read by fetch, as EventSource sends no bearer token.
import { useEffect, useState } from 'preact/hooks';
import { useRound } from '../view/clock';
import { ApiError, open, type Schemas } from './client';

type Tick = Schemas['Tick'];

export interface Live {
  tick: Tick | undefined;
  /** Points of the last half hour, by minute. */
  points: Tick['points'];
  error: ApiError | undefined;
}

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;
const MAX_POINTS = 31;
/** A server that sends more without an end of an event sends no events. */
const MAX_EVENT_CHARS = 1_000_000;

const NOTHING: Live = { tick: undefined, points: [], error: undefined };

/** The live numbers of an app; they rest while the page is hidden or paused. */
export function useLive(app: string | undefined): Live {
  const { paused } = useRound();
  const [live, set] = useState<Live>(NOTHING);
  useEffect(() => {
    set(NOTHING);
    if (app === undefined || paused) return;
    let connection: AbortController | undefined;
    const follow = () => {
      connection?.abort();
      connection = undefined;
      if (document.hidden) return;
      connection = new AbortController();
      watch(app, connection.signal, set);
    };
    document.addEventListener('visibilitychange', follow);
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      connection?.abort();
    };
  }, [app, paused]);
  return live;
}

type Change = (of: (old: Live) => Live) => void;

async function watch(app: string, signal: AbortSignal, set: Change): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      for await (const { event, data } of events(app, signal)) {
        pause = FIRST_PAUSE_MS;
        if (event === 'tick') set((old) => joined(old, JSON.parse(data) as Tick));
        if (event === 'problem') throw refused(JSON.parse(data) as Schemas['Problem']);
      }
    } catch (error) {
      if (signal.aborted) return;
      const said = error instanceof ApiError ? error : new ApiError(0, 'unreadable', String(error));
      set((old) => ({ ...old, error: said }));
      // Asking again makes no route.
      if (said.status === 404 || said.status === 400) return;
      pause = Math.min(pause * 2, MAX_PAUSE_MS);
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}

function refused({ status, code, detail }: Schemas['Problem']): ApiError {
  return new ApiError(status, code, detail);
}

function joined(old: Live, tick: Tick): Live {
  const kept = tick.whole ? [] : old.points;
  const byMinute = new Map([...kept, ...tick.points].map((point) => [point.at, point]));
  const points = [...byMinute.values()].sort((a, b) => a.at.localeCompare(b.at));
  return { tick, points: points.slice(-MAX_POINTS), error: undefined };
}

/** Server-sent events (HTML standard, "Parsing an event stream"), as far as ours use it. */
async function* events(app: string, signal: AbortSignal) {
  const stream = await open(`/api/v1/stream?app=${encodeURIComponent(app)}`, signal);
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < MAX_EVENT_CHARS) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true }).replaceAll('\r\n', '\n');
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const one of whole) yield parsed(one);
  }
  await reader.cancel();
  throw new ApiError(0, 'no_events', 'The live numbers cannot be read.');
}

function parsed(text: string): { event: string; data: string } {
  const of = (name: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
      .join('\n');
  return { event: of('event') || 'message', data: of('data') };
}
