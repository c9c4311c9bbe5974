/** Which requests the SDK may send to find out why a request failed. */
export type Probes = "full" | "cheap" | "off";

/** What to do when the browser states an opt-out. */
export type OptOut = "ignore" | "off";

/** Response headers that the page expects to read on some endpoints (SLI M4). */
export interface HeaderExpectation {
	/** Origin of the server; any where left out. */
	origin?: string;
	/** Template (`/items/:id`) or, with a trailing `*`, prefix (`/items/*`). */
	path: string;
	/** Header names. */
	names: string[];
}

/** An endpoint template, for every server or for one. */
export type Template = string | [origin: string, template: string];

/** What a failure is found to be, and of which request, in the words of the beacon (README, "Evidence"). */
export interface Finding {
	/** Outcome: `blocked`, `network`, `aborted` and so on. */
	o: string;
	/** Of a block: `preflight`, `response`, `redirect` or `unknown`. */
	stage?: string | undefined;
	/** Confidence; undefined is likely. */
	cf?: "proven" | undefined;
	/** Evidence code. */
	ev: string;
	/** Origin of the server. */
	to: string | undefined;
	/** Endpoint. */
	ep: string;
	/** Method; undefined is GET. */
	m: string | undefined;
	/** Whether it was sent with credentials. */
	c?: 1 | undefined;
	/** Whether it needed a preflight. */
	p?: 1 | undefined;
	/** Names of its headers that are not safelisted, comma separated. */
	by?: string | undefined;
}

/** A failed request and what it is found to be; this never leaves the page. */
export interface Observed {
	/** Its URL. */
	url: string;
	/** Milliseconds until it failed. */
	ms: number;
	finding: Finding;
}

/** What `start` takes. */
export interface Options {
	/** Public key of the app. */
	key: string;
	/** Origin of the edge, such as `https://rum.example.com`; or of a first-party proxy. */
	url: string;
	/** Path before the key; `/v1/b/` by default. */
	path?: string;
	/** Deployment environment. */
	environment?: string;
	/** Release of the page. */
	release?: string;
	/** `full` (default): all probes; `cheap`: one per failing endpoint; `off`: none. */
	probes?: Probes;
	/** Endpoint templates; the first that matches names the endpoint. */
	templates?: Template[];
	/** Only configured templates leave the page; everything else is `/__other__`. */
	strict?: boolean;
	/** Paths whose JSON bodies name a GraphQL operation, which becomes part of the endpoint. */
	graphql?: string[];
	/** Response headers that the page expects to read. */
	expectHeaders?: HeaderExpectation[];
	/** `off`: do nothing where the browser states Global Privacy Control or Do Not Track. Default `ignore`. */
	optOut?: OptOut;
	/** `false`: patch, record and send nothing before `consent(true)`. */
	consent?: boolean;
	/** Milliseconds between beacons, 15,000 by default; the server can lengthen it. */
	flushInterval?: number;
	/**
	 * Called once for each failure when it is found out what it was, a moment after the page got it: with
	 * what `fetch` was rejected with, or with the XHR. What it throws is lost.
	 */
	onVerdict?: (error: unknown, finding: Finding) => void;
}

/** A request that neither `fetch` nor `XMLHttpRequest` made. */
export interface Tracked {
	/** It was answered, with this status if that is known. */
	answered(status?: number): void;
	/** It was not, or what it got was of no use; `error` is what `verdictOf` may be asked with. */
	failed(error?: unknown): void;
}

/** What `start` gives back. */
export interface Handle {
	/** Puts native `fetch` and `XMLHttpRequest` back; what is recorded is sent. */
	stop(): void;
	/** Sends now what is recorded. */
	flush(): void;
	/** Grants consent, or withdraws it: then everything stops and what is recorded is dropped. */
	consent(given: boolean): void;
	/**
	 * What a failure is found to be, by what the page got for it: what `fetch` was rejected with, or the
	 * XHR. Undefined where it is none of a request that was observed; the promise gives undefined where
	 * the request is not counted, and never rejects. Missing in the default script.
	 */
	verdictOf?(error: unknown): Promise<Finding | undefined> | undefined;
	/** The last 50 verdicts of the page, when each failure of before this call has its own. Missing in the default script. */
	verdicts?(): Promise<Observed[]>;
	/**
	 * Calls with the last 50 verdicts and with each from now on; gives back what ends that. Missing in the
	 * default script.
	 */
	watch?(listener: (observed: Observed) => void): () => void;
	/** When the observation began, by the clock of Resource Timing. Missing in the default script. */
	since?: number;
	/** Calls with each request that is answered from now on (outcome `ok`); gives back what ends that. Missing in the default script. */
	watchAnswers?(listener: (observed: Observed) => void): () => void;
	/**
	 * For the entries of this package: begins to count a `GET` in CORS mode by an observer that the edge can
	 * stop by this name. `since` is when it began, by the clock of Resource Timing; no one knows where left
	 * out. Undefined where it is not counted. Missing in the default script.
	 */
	track?(observer: string, url: string, credentialed: boolean, since?: number): Tracked | undefined;
}
