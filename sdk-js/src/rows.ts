import { elapsed, type Instant, now } from "./clock";
import { count } from "./latency";
import type { Fields, Row } from "./row";

/** A row covers at most this long, so that a block and its successes fall into the same minute. */
const MAX_SPAN = 15_000;
/** The collector refuses rows that are older. */
const MAX_AGE = 3_600_000;
/** Bytes of JSON after which the rows are sent at once; the edge takes more. */
const MAX_BYTES = 14_000;
const PAIR_BYTES = 7;

interface Open {
	_row: Row;
	_since: Instant;
}

/** The rows that wait for the next seal. */
export interface Rows {
	/** Counts one event; `alone` gives it a row of its own. */
	_add(fields: Fields, ms?: number, alone?: boolean): Row;
	/** Counts the duration of a preflight, if its row still waits. */
	_preflight(row: Row, ms: number): void;
	/** Takes the rows out, as a beacon wants them. */
	_take(): Row[];
}

/** `wake` is called when there is something to send, with `full` when it should not wait. */
export function rows(wake: (full: boolean) => void): Rows {
	let waiting: Open[] = [];
	let open = new Map<string, Open>();
	let bytes = 0;

	const grow = (by: number) => {
		bytes += by;
		wake(bytes > MAX_BYTES);
	};

	return {
		_add(fields, ms, alone) {
			const key = alone ? "" : JSON.stringify(fields);
			let entry = open.get(key);
			const fresh = !entry || elapsed(entry._since) > MAX_SPAN;
			if (fresh) {
				entry = { _row: { at: 0, ...fields, n: 0, l: [] }, _since: now() };
				waiting.push(entry);
				if (key) open.set(key, entry);
			}
			const row = entry!._row;
			row.n!++;
			const opened = ms !== undefined && count(row.l!, ms);
			if (fresh) grow(JSON.stringify(row).length);
			else if (opened) grow(PAIR_BYTES);
			return row;
		},

		_preflight(row, ms) {
			if (waiting.some((entry) => entry._row === row)) count((row.pl ||= []), ms);
		},

		_take() {
			const taken = waiting.filter((entry) => elapsed(entry._since) <= MAX_AGE);
			waiting = [];
			open = new Map();
			bytes = 0;
			let target: string | undefined;
			return taken
				.sort((a, b) => (a._row.to! < b._row.to! ? -1 : a._row.to! > b._row.to! ? 1 : 0))
				.map(({ _row, _since }) => {
					_row.at = -elapsed(_since);
					const same = _row.to === target;
					target = _row.to;
					// JSON leaves out what is undefined, and that means the default.
					if (same) _row.to = undefined;
					if (_row.n === 1) _row.n = undefined;
					if (!_row.l![0] && !_row.l![1]) _row.l = undefined;
					return _row;
				});
		},
	};
}
