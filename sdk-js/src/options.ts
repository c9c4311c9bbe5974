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

/** What `start` gives back. */
export interface Handle {
	/** Puts native `fetch` and `XMLHttpRequest` back; what is recorded is sent. */
	stop(): void;
	/** Sends now what is recorded. */
	flush(): void;
	/** Grants consent, or withdraws it: then everything stops and what is recorded is dropped. */
	consent(given: boolean): void;
}
