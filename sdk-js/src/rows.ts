import type { Call } from "./call";
import { now } from "./clock";
import { count } from "./latency";
import type { Fields, Row } from "./row";

/** A row covers at most this long, so that a block and its successes fall into the same minute. */
const MAX_SPAN = 15_000;
/** The collector refuses rows that are older. */
const MAX_AGE = 3_600_000;
/** Bytes of a row beside what tells it from others. */
const ROW_BYTES = 30;

let waiting: Row[] = [];
let open: Record<string, Row> = {};

/** Bytes of JSON that wait, about. */
export let bytes = 0;

/** Counts one event, in a row of its own if it is to stand `alone`. */
export const add = (call: Call, fields: Fields, ms?: number, alone?: boolean): Row => {
	const key = call._key + Object.values(fields).join(" ");
	let row = open[key]!;
	if (alone || !row || now() - row.at > MAX_SPAN) {
		row = { ...call._shape, ...fields, at: now() };
		waiting.push(row);
		bytes += key.length + ROW_BYTES;
		if (!alone) open[key] = row;
	} else row.n = 1 + (row.n || 1);
	if (ms! >= 0) count((row.l ||= []), ms!);
	return row;
};

/** Takes the rows out, as a beacon wants them: JSON leaves out what is undefined. */
export const take = (): Row[] => {
	const at = now();
	let target: string | undefined;
	const rows = waiting.filter((row) => {
		row.at = Math.round(row.at - at);
		return row.at >= -MAX_AGE;
	});
	for (const row of rows) row.to = row.to === target ? undefined : (target = row.to);
	waiting = [];
	open = {};
	bytes = 0;
	return rows;
};
