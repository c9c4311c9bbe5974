// What the pages are about. It lives in the address, so that a link shows the same to others.

export const WINDOWS = ['15m', '1h', '6h', '24h', '7d', '30d', '90d'];
const DEFAULT_WINDOW = '1h';

const UNITS: Record<string, [one: string, many: string]> = {
  m: ['minute', 'minutes'],
  h: ['hour', 'hours'],
  d: ['day', 'days'],
};
const SPAN = /^([1-9]\d{0,5})([mhd])$/;
const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What narrows the traffic down; each is a parameter of the API. */
export const NARROWING = [
  'service',
  'environment',
  'release',
  'page_origin',
  'target_origin',
  'endpoint',
] as const;

export type Narrowing = (typeof NARROWING)[number];

export type Filters = { [N in Narrowing]: string | undefined } & {
  app: string | undefined;
  /** How far back from now; only without `from` and `to`. */
  window: string;
  from: string | undefined;
  to: string | undefined;
  /** Whether the time before is shown, too. */
  compare: 'before' | undefined;
  /** The single failure that is looked at. */
  failure: string | undefined;
  /** The objective that is looked at. */
  slo: string | undefined;
};

export function read(search: string): Filters {
  const params = new URLSearchParams(search);
  const text = (name: string) => params.get(name) ?? undefined;
  const narrowed = Object.fromEntries(NARROWING.map((name) => [name, text(name)]));
  const instant = (name: string) => {
    const at = text(name);
    return at === undefined || Number.isNaN(Date.parse(at)) ? undefined : at;
  };
  const window = text('window') ?? DEFAULT_WINDOW;
  const [from, to] = [instant('from'), instant('to')];
  const absolute = from !== undefined && to !== undefined && Date.parse(from) < Date.parse(to);
  return {
    ...(narrowed as { [N in Narrowing]: string | undefined }),
    app: text('app'),
    window: spanMs(window) === undefined ? DEFAULT_WINDOW : window,
    from: absolute ? from : undefined,
    to: absolute ? to : undefined,
    compare: text('compare') === 'before' ? 'before' : undefined,
    failure: text('failure'),
    slo: text('slo'),
  };
}

export function write(filters: Filters): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    const implied = name === 'window' && (value === DEFAULT_WINDOW || filters.from !== undefined);
    if (value !== undefined && !implied) params.set(name, value);
  }
  const search = params.toString();
  return search ? `?${search}` : '';
}

/** Milliseconds of `90m`; the API reads 1 minute to 400 days. */
export function spanMs(text: string): number | undefined {
  const [, number, unit] = SPAN.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  return ms >= 60_000 && ms <= 400 * 86_400_000 ? ms : undefined;
}

/** `24h` as `24 hours`. */
export function inWords(window: string): string {
  const [, number, unit] = SPAN.exec(window) ?? [];
  const [one, many] = UNITS[unit ?? ''] ?? ['', ''];
  return number === '1' ? one : `${number} ${many}`;
}

/** The time range as a heading: `Last hour`, or from when to when. */
export function rangeInWords({ window, from, to }: Filters): string {
  if (from === undefined || to === undefined) return `Last ${inWords(window)}`;
  return `${instant.format(Date.parse(from))} to ${instant.format(Date.parse(to))}`;
}

const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** How long the time range is. */
export function lengthMs({ window, from, to }: Filters): number {
  if (from !== undefined && to !== undefined) return Date.parse(to) - Date.parse(from);
  return spanMs(window) ?? 3_600_000;
}

type Range = { window: string } | { from: string; to: string };

/** The parameters of time. */
export function range({ window, from, to }: Filters): Range {
  return from !== undefined && to !== undefined ? { from, to } : { window };
}

/** The range of the same length right before. */
export function before(filters: Filters, roundEnds: string): { from: string; to: string } {
  const length = lengthMs(filters);
  const start = Date.parse(filters.to ?? roundEnds) - length;
  const minute = Math.floor(start / 60_000) * 60_000;
  return {
    from: new Date(minute - length).toISOString(),
    to: new Date(minute).toISOString(),
  };
}
