import { type Instant, now } from "./clock";
import type { Shape } from "./row";
import { unsafeNames } from "./safelist";
import { scope } from "./scope";

/** A request that the page makes, as `fetch` and `XMLHttpRequest` both describe it. */
export interface Ask {
	_url: string;
	_method: string;
	_credentialed: boolean;
	_headers: [name: string, value: string][];
	_body?: unknown;
	/** An upload stream or upload listener: preflighted whatever else it is. */
	_upload?: boolean;
	_signal?: AbortSignal | null | undefined;
	/** It can fail for reasons of its own after the CORS checks have passed. */
	_strict?: boolean;
}

/** A cross-origin CORS-mode request under way. */
export interface Call {
	_url: string;
	_shape: Shape;
	_method: string;
	/** Names of its headers that are not safelisted. */
	_by: string | undefined;
	/** What tells this shape from others. */
	_key: string;
	_at: Instant;
	_signal: AbortSignal | null | undefined;
	_strict: boolean | undefined;
}

/** Describes a request; undefined where it is not cross-origin. */
export function call(ask: Ask, name: (url: URL, body: unknown) => string): Call | undefined {
	const url = new URL(ask._url, scope.document ? document.baseURI : location.href);
	// `self.origin`, not the location's: a sandboxed frame is cross-origin to its own server.
	if (url.origin === scope.origin || !/^http/.test(url.protocol)) return;
	url.hash = "";

	const given = ask._method || "GET";
	// Fetch, "normalize a method": `patch` stays as it is.
	const method = /^(delete|get|head|options|post|put)$/i.test(given) ? given.toUpperCase() : given;
	const headers = ask._headers;
	const type = ask._body instanceof Blob && ask._body.type;
	if (type && !headers.some(([header]) => /^content-type$/i.test(header))) {
		headers.push(["content-type", type]);
	}
	const names = unsafeNames(headers);
	const preflighted = ask._upload || names[0] || !/^(GET|HEAD|POST)$/.test(method);
	const shape: Shape = {
		to: url.origin,
		ep: name(url, ask._body),
		...(method !== "GET" && { m: method.slice(0, 32) }),
		...(ask._credentialed && { c: 1 as const }),
		...(preflighted && { p: 1 as const }),
	};
	const by = names.join().slice(0, 2048) || undefined;
	return {
		_url: url.href,
		_shape: shape,
		_method: method,
		_by: by,
		_key: JSON.stringify([shape, by]),
		_at: now(),
		_signal: ask._signal,
		_strict: ask._strict,
	};
}
