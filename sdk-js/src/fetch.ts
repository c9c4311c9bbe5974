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
const text = (error: Record<string, unknown>, name: string): string => {
	try {
		return `${error[name]}`;
	} catch {
		return "";
	}
};

/** Our frame in a stack of V8, which calls a method by the name of its object. */
const FRAME = /\n.* corswatch\.a.*/;

/**
 * Leaves our frame out of the stack of an error, as error trackers group by it. Chromium also takes the
 * script of the first frame for the one that failed, and raises no `unhandledrejection` where that
 * is a script of another server without CORS (HTML, "muted errors"); where the stack is set, it does.
 */
const clean = (error: object, stack: string): unknown =>
	FRAME.test(stack) && Reflect.set(error, "stack", stack.replace(FRAME, ""));

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
			((result?: Promise<Response>) => {
				// What the page gets is rejected by the engine itself, with no function of ours on the stack.
				// A mock may return something else than a promise.
				if (!result?.then) return result;
				result.then(
					(response) => answer(call, response.status, response.url, (name) => response.headers.has(name)),
					(error) => {
						clean(error, text(error, "stack"));
						fail(call, text(error, "name"), text(error, "message"), error);
					},
				);
				return result.then();
			})
		);
	});
