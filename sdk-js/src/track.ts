import { type Call, call } from "./call";
import type { Tracked } from "./options";
import type { Verdict } from "./row";

/** Counts requests that neither `fetch` nor `XMLHttpRequest` makes, once the observation has begun. */
export type Track = (
	observer: string,
	url: string,
	credentialed: boolean,
	since?: number,
) => Tracked | undefined;

let current: Track | undefined;

/** From here on requests are counted so. */
export const countBy = (track: Track): void => {
	current = track;
};

/** Begins to count a request, unless it is of the page's own server or nothing observes. */
export const track: Track = (...request) => current?.(...request);

/** A simple request that began then; minus infinity where no one knows. */
export const simple = (
	url: string,
	credentialed: boolean,
	since: number,
	name: (url: URL) => string,
): Call | undefined => {
	const made = call(
		{ _url: url, _method: "GET", _credentialed: credentialed, _headers: undefined, _silent: true },
		name,
	);
	if (made) made._start = since;
	return made;
};

/**
 * An element says no status, and fails also for what stands in an answer: where the answer to a probe
 * passes the CORS checks, nothing was wrong with these.
 */
export const ofElement = (verdict: Verdict): Verdict => {
	const { ev, o } = verdict;
	if (/B4/.test(ev)) return { o: "http_error", ev };
	return o === "network" && /B\+q?$/.test(ev) ? { o: "unknown", ev } : verdict;
};

/** A time, unless no one knows it. */
export const known = (ms: number): number | undefined => (ms < Infinity ? ms : undefined);
