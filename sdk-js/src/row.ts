/** The shape of a request; members left out mean GET, not credentialed, not preflighted. */
export interface Shape {
	to: string | undefined;
	ep: string;
	m: string | undefined;
	c: 1 | undefined;
	p: 1 | undefined;
	/** Names of its headers that are not safelisted. */
	by?: string | undefined;
}

/** How sure a verdict is; undefined is likely. */
export type Confidence = "proven" | undefined;

/** What a failure is found to be. */
export interface Verdict {
	o: string;
	stage?: string | undefined;
	cf?: Confidence;
	ev: string;
}

/** What tells one row of a shape from another, in the words of `schemas/beacon/v1.schema.json`. */
export interface Fields extends Partial<Verdict> {
	k?: string;
	st?: number;
	by?: string | undefined;
}

/** One row of a beacon. */
export interface Row extends Fields, Shape {
	/** Until the seal: when it began. */
	at: number;
	n?: number;
	l?: number[];
	pl?: number[];
}
