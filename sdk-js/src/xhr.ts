import type { Ask, Call } from "./call";
import type { Answer, Begin, Fail } from "./fetch";
import { patch } from "./patch";
import { listen } from "./scope";

interface State extends Ask {
	_call?: Call | undefined;
	/** Type of the last event. */
	_last?: string;
}

/**
 * Patches XMLHttpRequest on its prototype. Never listens on `upload`: that alone would make a
 * request need a preflight.
 */
export const patchXhr = (begin: Begin, answer: Answer, fail: Fail): void => {
	const states = new WeakMap<XMLHttpRequest, State>();
	const { prototype } = XMLHttpRequest;

	const heard = ({ type, target: xhr }: { type: string; target: XMLHttpRequest }) => {
		const state = states.get(xhr)!;
		const call = state._call;
		if (call && (xhr.status || type === "loadend")) {
			state._call = undefined;
			// `getResponseHeader` writes an error to the console for a header that is not exposed.
			if (xhr.status) {
				answer(call, xhr.status, xhr.responseURL, (name) =>
					RegExp(`^${name}:`, "mi").test(xhr.getAllResponseHeaders()),
				);
			} else fail(call, state._last!, "", xhr);
		}
		state._last = type;
	};

	patch(prototype, "open", (xhr, [method, url]) => () => {
		states.set(xhr, {
			_url: `${url}`,
			_method: `${method}`,
			_headers: new Headers(),
		});
	});
	patch(prototype, "setRequestHeader", (xhr, [name, value]) => () => {
		(states.get(xhr)!._headers as Headers).append(name, value);
	});
	patch(prototype, "send", (xhr, [body]) => {
		const state = states.get(xhr)!;
		state._credentialed = xhr.withCredentials;
		state._body = body;
		state._call = begin(state);
		if (state._call) {
			// Where it is sent again these are the same listeners, which stay where they are (DOM, "add an event listener").
			for (const type of ["readystatechange", "abort", "timeout", "error", "loadend"]) {
				listen(xhr, type, heard);
			}
		}
		return undefined;
	});
};
