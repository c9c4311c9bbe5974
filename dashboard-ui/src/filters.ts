// What the page is about. It lives in the address, so that a link shows the same to others.
import { useEffect, useState } from 'preact/hooks';

export const WINDOWS = ['15m', '1h', '6h', '24h', '7d', '30d'];
const DEFAULT_WINDOW = '1h';

const UNITS: Record<string, string> = { m: 'minutes', h: 'hours', d: 'days' };

/** `24h` as `24 hours`. */
export function inWords(window: string): string {
  if (window === '1h') return 'hour';
  return `${window.slice(0, -1)} ${UNITS[window.slice(-1)] ?? ''}`;
}

export interface Filters {
  app: string | undefined;
  service: string | undefined;
  environment: string | undefined;
  release: string | undefined;
  window: string;
}

export function read(search: string): Filters {
  const params = new URLSearchParams(search);
  const text = (name: string) => params.get(name) ?? undefined;
  const window = text('window') ?? DEFAULT_WINDOW;
  return {
    app: text('app'),
    service: text('service'),
    environment: text('environment'),
    release: text('release'),
    window: WINDOWS.includes(window) ? window : DEFAULT_WINDOW,
  };
}

export function write(filters: Filters): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined && !(name === 'window' && value === DEFAULT_WINDOW))
      params.set(name, value);
  }
  const search = params.toString();
  return search ? `?${search}` : '';
}

/** The filters of the address; changing them makes a history entry. */
export function useFilters(): [Filters, (change: Partial<Filters>) => void] {
  const [filters, set] = useState(() => read(location.search));
  useEffect(() => {
    const back = () => set(read(location.search));
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  const change = (some: Partial<Filters>) => {
    const next = { ...filters, ...some };
    history.pushState(null, '', `${location.pathname}${write(next)}`);
    set(next);
  };
  return [filters, change];
}
