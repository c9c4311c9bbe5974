import type { Shape } from "./row";
import { unsafeNames } from "./safelist";
import { scope } from "./scope";

/** A request that the page makes, as `fetch` and `XMLHttpRequest` both describe it. */
export interface Ask {
	_url: string;
	_method: string | undefined;
	_credentialed?: boolean;
	_headers: [name: string, value: string][];
	_body?: unknown;
	_signal?: AbortSignal | null | undefined;
}

/** A cross-origin CORS-mode request under way. */
export interface Call extends Ask {
	_target: URL;
	_shape: Shape;
	_method: string;
	/** Names of its headers that are not safelisted. */
	_by: string;
	/** What tells its shape from others. */
	_key: string;
	/** By the clock of Resource Timing. */
	_start: number;
}

/** Describes a request; undefined where it is not cross-origin. */
export const call = (ask: Ask, name: (url: URL, body: unknown) => string): Call | undefined => {
	const { _body: body, _headers: headers, _method: given = "GET" } = ask;
	const url = new URL(ask._url, scope.document ? document.baseURI : location.href);
	// The global's origin, not the location's: a sandboxed frame is cross-origin to its own server.
	if (url.origin === scope.origin || !/^http/.test(url.protocol)) return;
	// Fetch, "normalize a method": `patch` stays as it is.
	const method = /^(delete|get|head|options|post|put)$/i.test(given) ? given.toUpperCase() : given;
	if (body instanceof Blob && body.type && !/content-type/i.test(`${headers}`)) {
		headers.push(["content-type", body.type]);
	}
	const by = unsafeNames(headers);
	const shape: Shape = {
		to: url.origin,
		ep: name(url, body),
		m: method === "GET" ? undefined : method,
		c: ask._credentialed ? 1 : undefined,
		p: by || body instanceof ReadableStream || !/^(GET|HEAD|POST)$/.test(method) ? 1 : undefined,
	};
	return {
		...ask,
		_target: url,
		_method: method,
		_by: by,
		_shape: shape,
		_key: Object.values(shape).join(" "),
		_start: performance.now(),
	};
};

/** The Resource Timing entry of a call. */
export const timing = ({ _target, _start }: Call): PerformanceResourceTiming | undefined =>
	(performance.getEntriesByName(_target.href.replace(/#.*/, "")) as PerformanceResourceTiming[]).find(
		(entry) => entry.startTime > _start - 1,
	);
