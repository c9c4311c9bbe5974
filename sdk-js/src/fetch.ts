import type { Ask } from "./call";
import type { Failure } from "./classify";

/** What a patched function tells about a request. */
export interface Sink<C> {
	/** A request begins; undefined where it is not counted. Never throws. */
	_begin(ask: Ask): C | undefined;
	/** It got a response; status 0 where that is an opaque redirect. Never throws. */
	_answer(call: C, status: number, header: (name: string) => string | null): void;
	/** It got none. Never throws. */
	_fail(call: C, failure: Omit<Failure, "_ms">): void;
}

type Headers_ = HeadersInit | Record<string, string> | undefined | null;

/** A patched copy of `fetch` that behaves as the original in all that a page can see. */
export function patchedFetch<C>(original: typeof fetch, sink: Sink<C>): typeof fetch {
	return new Proxy(original, {
		apply(target, self, args: Parameters<typeof fetch>) {
			const call = begin(sink, args);
			const result = Reflect.apply(target, self, args) as Promise<Response>;
			// Only this form leaves the page exactly one unhandledrejection, of the right promise.
			return call && result?.then
				? result.then(
						(response) => {
							sink._answer(call, response.status, (name) => response.headers.get(name));
							return response;
						},
						(error) => {
							sink._fail(call, { _name: error?.name, _message: `${error?.message}` });
							throw error;
						},
					)
				: result;
		},
	});
}

function begin<C>(sink: Sink<C>, [input, init]: Parameters<typeof fetch>): C | undefined {
	try {
		const request = ((input as Request).url ? input : {}) as Partial<Request>;
		const given = init || {};
		const body = given.body;
		if ((given.mode || request.mode || "cors") !== "cors") return;
		return sink._begin({
			_url: request.url || (input as string),
			_method: given.method || request.method!,
			_credentialed: (given.credentials || request.credentials) === "include",
			_headers: pairs(given.headers || request.headers),
			_body: body,
			_upload: body instanceof ReadableStream,
			_signal: given.signal || request.signal,
			_strict:
				!!(given.integrity || request.integrity) ||
				(given.redirect || request.redirect) === "error",
		});
	} catch {
		// What cannot be described is not counted; the page gets the browser's own error.
		return;
	}
}

/** Names and values, without using up an iterator that the request needs. */
function pairs(headers: Headers_): [string, string][] {
	const list: [string, string][] = [];
	const add = (value: unknown, name: unknown) => list.push([`${name}`, `${value}`.trim()]);
	if (Array.isArray(headers)) for (const pair of headers) add(pair[1], pair[0]);
	else if (headers?.forEach) (headers as Headers).forEach(add);
	else for (const name in headers as Record<string, string>) add((headers as Record<string, string>)[name], name);
	return list;
}
