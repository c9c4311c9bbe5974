import type { Ask, Call } from "./call";
import { patch } from "./patch";
import { scope } from "./scope";

/** A request begins; undefined where it is not counted. */
export type Begin = (ask: Ask) => Call | undefined;
/** It got a response, from `url`; status 0 where that is an opaque redirect. Never throws. */
export type Answer = (call: Call, status: number, url: string, readable: (name: string) => boolean) => void;
/** It got none: the error, or the last event of the XHR. Never throws. */
export type Fail = (call: Call, name: string, message?: string) => void;

/** Patches `fetch`. It reads what it is given, and never clones: a body can be read only once. */
export const patchFetch = (begin: Begin, answer: Answer, fail: Fail): void =>
	patch(scope, "fetch", (_self, [input, given]) => {
		const init = given || {};
		const request: Partial<Request> = input.url ? input : {};
		const headers = init.headers || request.headers;
		const call =
			(init.mode || request.mode || "cors") === "cors" &&
			begin({
				_url: request.url || input,
				_method: init.method || request.method,
				_credentialed: (init.credentials || request.credentials) === "include",
				// An iterator would be used up, so that only what can be read twice is read.
				_headers: headers && !headers.next && new Headers(headers),
				_body: init.body,
				_signal: init.signal || request.signal,
				_keepalive: init.keepalive ?? request.keepalive,
			});
		return (
			call &&
			((result?: Promise<Response>) =>
				// Only this form leaves the page exactly one unhandledrejection, of the right promise. A
				// mock may return something else than a promise.
				result?.then
					? result.then(
							(response) => {
								answer(call, response.status, response.url, (name) => response.headers.has(name));
								return response;
							},
							(error) => {
								fail(call, `${error?.name}`, `${error?.message}`);
								throw error;
							},
						)
					: result)
		);
	});
