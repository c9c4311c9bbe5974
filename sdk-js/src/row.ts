import type { Latency } from "./latency";

/** One row of a beacon, in the words of `schemas/beacon/v1.schema.json`. */
export interface Row extends Fields {
	at?: number;
	n?: number;
	l?: Latency;
	pl?: Latency;
}

/** What tells one row from another. */
export interface Fields extends Shape {
	k?: string;
	st?: number;
	o?: string;
	stage?: string;
	cf?: string;
	ev?: string;
	by?: string;
}

/** The shape of a request; members left out mean GET, not credentialed, not preflighted. */
export interface Shape {
	to?: string;
	ep: string;
	m?: string;
	c?: 1;
	p?: 1;
}
