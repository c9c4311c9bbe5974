import type { Ask, Call } from "./call";
import { patch } from "./patch";
import { scope } from "./scope";

/** A request begins; undefined where it is not counted. */
export type Begin = (ask: Ask) => Call | undefined;
/** It got a response, from `url`; status 0 where that is an opaque redirect. Never throws. */
export type Answer = (call: Call, status: number, url: string, readable: (name: string) => boolean) => void;
/** It got none: the error, or the last event of the XHR. Never throws. */
export type Fail = (call: Call, name: string, message: string, error: unknown) => void;

/** Whether an object has members that are computed when they are read: the page would notice. */
const computed = (object: object): boolean =>
	Object.values(Object.getOwnPropertyDescriptors(object)).some(({ get }) => get);

/** Whether headers can be read twice, other than what an iterator gives once. */
const plain = (headers: { set?: unknown; push?: unknown; [Symbol.iterator]?: unknown }): unknown =>
	headers.set || headers.push || !(headers[Symbol.iterator] || computed(headers));

/** A member of what a request was rejected with, which can be anything. */
const text = (read: () => unknown): string => {
	try {
		return String(read());
	} catch {
		return "";
	}
};

/** Patches `fetch`. It reads what it is given, and never clones: a body can be read only once. */
export const patchFetch = (begin: Begin, answer: Answer, fail: Fail): void =>
	patch(scope, "fetch", (_self, [input, given]) => {
		const init = given || {};
		if (computed(init)) return;
		const request: Partial<Request> = input.url ? input : {};
		const headers = init.headers || request.headers;
		const call =
			(init.mode || request.mode || "cors") === "cors" &&
			begin({
				_url: request.url || input,
				_method: init.method || request.method,
				_credentialed: (init.credentials || request.credentials) === "include",
				_headers: headers && plain(headers) && new Headers(headers),
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
								fail(
									call,
									text(() => error.name),
									text(() => error.message),
									error,
								);
								throw error;
							},
						)
					: result)
		);
	});
