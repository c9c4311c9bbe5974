import type { Call } from "./call";
import type { Row } from "./row";

/** A shorter time is no round trip: the preflight was cached. */
const MIN_MS = 2;
const MAX_PENDING = 100;

/** An answered call whose Resource Timing entry is still to come. */
interface Pending {
	_call: Call;
	_row: Row;
	_answered: number;
}

/** Measures preflights (SLI M5) where Timing-Allow-Origin shows them: call it for each answer. */
export type Preflights = (call: Call, row: Row) => void;

/** `measured` is told the duration of a preflight. */
export function preflights(measured: (row: Row, ms: number) => void): Preflights {
	// Null: two calls of one URL are under way, and an entry does not say whose it is.
	const pending = new Map<string, Pending | null>();
	let observer: PerformanceObserver | undefined;

	const read = (entry: PerformanceResourceTiming) => {
		const found = pending.get(entry.name);
		const before = found ? entry.startTime - found._call._at[1] : 0;
		// An entry of an earlier request to the same URL.
		if (before < -1) return;
		pending.delete(entry.name);
		if (!found || !entry.requestStart || entry.redirectStart) return;
		// Chromium and Firefox count the preflight between connection and request; WebKit starts
		// the clock after it.
		const ms = before + entry.requestStart - entry.connectEnd;
		if (ms >= MIN_MS && entry.responseStart <= found._answered) measured(found._row, ms);
	};

	return (call, row) => {
		if (!observer) {
			observer = new PerformanceObserver((list) => {
				for (const entry of list.getEntries()) read(entry as PerformanceResourceTiming);
			});
			observer.observe({ type: "resource", buffered: true });
		}
		if (pending.size > MAX_PENDING) pending.clear();
		pending.set(
			call._url,
			pending.has(call._url) ? null : { _call: call, _row: row, _answered: performance.now() },
		);
	};
}
