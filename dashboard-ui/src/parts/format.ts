// Numbers and times as people read them.

const NONE = '–';
const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value: number): string {
  return whole.format(value);
}

export function shortCount(value: number): string {
  return value < 10_000 ? whole.format(value) : compact.format(value);
}

/** A ratio in percent, with as many digits as tell it from zero. */
export function percent(ratio: number | null | undefined): string {
  if (ratio == null) return NONE;
  const value = ratio * 100;
  if (value === 0) return '0 %';
  if (value < 0) return `−${percent(-ratio)}`;
  if (value < 0.001) return '< 0.001 %';
  const digits = value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return `${new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(value)} %`;
}

/** A factor: 2.4, or 163. */
export function times(factor: number): string {
  return factor < 100 ? factor.toFixed(1) : whole.format(Math.round(factor));
}

export function milliseconds(value: number | null | undefined): string {
  if (value == null) return NONE;
  if (value >= 10_000)
    return `${new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(value / 1000)} s`;
  return `${whole.format(Math.round(value))} ms`;
}

/** How long ago, roughly. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  return `${duration(seconds)} ago`;
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** A time of day, with the date where it is not within the last day. */
export function time(at: string | number, now: number): string {
  const millis = typeof at === 'number' ? at : Date.parse(at);
  return (Math.abs(now - millis) < 20 * 3_600_000 ? clock : day).format(millis);
}

/** `2026-01-31T12:00`, in the time zone of the browser, as a field for a time wants it. */
export function fieldTime(ms: number): string {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
