import type { Shape } from "./row";
import { unsafeNames } from "./safelist";
import { scope } from "./scope";

/** By this fragment, which no server sees, Resource Timing and service workers tell probes from requests of the page. */
export const MARK = "#corswatch";

/** A request that the page makes, as `fetch` and `XMLHttpRequest` both describe it. */
export interface Ask {
	_url: string;
	_method: string | undefined;
	_credentialed?: boolean;
	_headers: Headers | false | undefined;
	_body?: unknown;
	_signal?: AbortSignal | null | undefined;
	_keepalive?: boolean | undefined;
	/** Made by an element: the page never learns its status. */
	_silent?: boolean;
}

/** A cross-origin CORS-mode request in progress. */
export interface Call extends Ask {
	/** Its URL without query. */
	_place: URL;
	_shape: Shape;
	_method: string;
	/** What tells its shape from others. */
	_key: string;
	/** By the clock of Resource Timing. */
	_start: number;
}

/** Where a URL without its query leads; parsing it takes most of the time that a request costs us. */
interface Place {
	_to: string;
	_url: URL;
	_ep?: string;
}
const MAX_PLACES = 500;
const places = new Map<string, Place | undefined>();

const base = () => scope.document?.baseURI || location.href;

const placeOf = (text: string): Place | undefined => {
	const key = text.replace(/[?#].*/, "");
	if (!places.has(key)) {
		if (places.size > MAX_PLACES) places.clear();
		const url = new URL(key, base());
		// The global's origin, not the location's: a sandboxed frame is cross-origin to its own server.
		const foreign = url.origin !== scope.origin && /^http/.test(url.protocol);
		places.set(key, foreign ? { _to: url.origin, _url: url } : undefined);
	}
	return places.get(key);
};

/** Describes a request; undefined where it is not cross-origin. */
export const call = (ask: Ask, name: (url: URL, body?: unknown) => string): Call | undefined => {
	const { _body: body, _method: given = "GET" } = ask;
	let headers = ask._headers;
	const place = placeOf(`${ask._url}`);
	// A service worker gets the probes of its pages, too.
	if (!place || `${ask._url}`.endsWith(MARK)) return;
	// Fetch, "normalize a method": `patch` stays as it is.
	const method = /^(delete|get|head|options|post|put)$/i.test(given) ? given.toUpperCase() : given;
	if (body instanceof Blob && body.type) {
		headers ||= new Headers();
		if (!headers.has("content-type")) headers.set("content-type", body.type);
	}
	const by = headers ? unsafeNames(headers) : "";
	const shape: Shape = {
		to: place._to,
		ep: body ? name(place._url, body) : (place._ep ||= name(place._url)),
		m: method === "GET" ? undefined : method,
		c: ask._credentialed ? 1 : undefined,
		by: by || undefined,
		p: by || body instanceof ReadableStream || !/^(GET|HEAD|POST)$/.test(method) ? 1 : undefined,
	};
	return {
		...ask,
		_place: place._url,
		_method: method,
		_shape: shape,
		_key: `${Object.values(shape).join(" ")} `,
		_start: performance.now(),
	};
};

/** The URL of a call, as Resource Timing and the policy of the page write it. */
export const urlOf = (call: Call): string => new URL(`${call._url}`.replace(/#.*/, ""), base()).href;

/** The Resource Timing entry of a call. */
export const timing = (call: Call): PerformanceResourceTiming | undefined =>
	(performance.getEntriesByName(urlOf(call)) as PerformanceResourceTiming[]).find(
		(entry) => entry.startTime > call._start - 1,
	);
