import type { Ask } from "./call";
import type { Sink } from "./fetch";
import { listen } from "./scope";

interface State<C> extends Ask {
	_call?: C | undefined;
	_heard?: boolean | undefined;
	/** Type of the last event that said why it ended. */
	_end: string;
	_sync: boolean;
}

const EVENTS = ["readystatechange", "abort", "timeout", "error", "loadend"];

/**
 * Patches XMLHttpRequest on its prototype; the result takes that back. Never listens on `upload`:
 * that alone would make a request need a preflight.
 */
export function patchXhr<C>(sink: Sink<C>): () => void {
	const states = new WeakMap<XMLHttpRequest, State<C>>();
	const prototype = XMLHttpRequest.prototype;

	const heard = (event: Event) => {
		const xhr = event.target as XMLHttpRequest;
		const state = states.get(xhr);
		const call = state?._call;
		if (!call) return;
		const { type } = event;
		if (xhr.readyState > 1 && xhr.status) {
			state._call = undefined;
			sink._answer(call, xhr.status, (name) => exposed(xhr, name));
		} else if (type === "loadend") {
			state._call = undefined;
			sink._fail(call, { _name: state._end, _message: undefined });
		} else state._end = type;
	};

	const restore = [
		patch(prototype, "open", (xhr, [method, url, async], native) => {
			native();
			states.set(xhr, {
				_url: `${url}`,
				_method: `${method}`,
				_sync: async !== undefined && !async,
				_headers: [],
				_credentialed: false,
				_end: "",
				_heard: states.get(xhr)?._heard,
			});
		}),
		patch(prototype, "setRequestHeader", (xhr, [name, value], native) => {
			native();
			states.get(xhr)?._headers.push([`${name}`, `${value}`.trim()]);
		}),
		patch(prototype, "send", (xhr, [body], native) => {
			const state = states.get(xhr);
			if (!state) return native();
			const { upload } = xhr;
			state._credentialed = xhr.withCredentials;
			state._body = body;
			// Listeners added by `addEventListener` cannot be seen.
			state._upload = !!(upload?.onprogress || upload?.onload || upload?.onloadstart);
			state._call = sink._begin(state);
			if (state._call && !state._heard) {
				state._heard = true;
				for (const type of EVENTS) listen(xhr, type, heard);
			}
			try {
				native();
			} catch (error) {
				// A synchronous request throws instead of sending events.
				const call = state._call;
				state._call = undefined;
				if (call && state._sync) sink._fail(call, { _name: "error", _message: undefined });
				throw error;
			}
		}),
	];
	return () => {
		for (const undo of restore) undo();
	};
}

/** `getResponseHeader` would write an error to the console for a header that is not exposed. */
function exposed(xhr: XMLHttpRequest, name: string): string | null {
	return RegExp(`^${name}:`, "im").test(xhr.getAllResponseHeaders()) ? name : null;
}

type Method = "open" | "setRequestHeader" | "send";

function patch(
	prototype: XMLHttpRequest,
	name: Method,
	// biome-ignore lint/suspicious/noExplicitAny: three methods with different arguments
	around: (xhr: XMLHttpRequest, args: any[], native: () => void) => void,
): () => void {
	const original = prototype[name];
	// biome-ignore lint/suspicious/noExplicitAny: three methods with different arguments
	const patched: any = new Proxy(original, {
		apply(target, self, args) {
			let result: unknown;
			around(self, args, () => {
				result = Reflect.apply(target, self, args);
			});
			return result;
		},
	});
	prototype[name] = patched;
	return () => {
		if (prototype[name] === patched) prototype[name] = original as never;
	};
}
