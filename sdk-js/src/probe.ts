/** After this long a probe counts as hanging. */
const TIMEOUT = 10_000;

/** How a probe ended: the response, 0 where it was rejected, undefined where it hangs. */
export type Answer = Response | 0 | undefined;

/** The native functions that probes are made with. */
export interface Native {
	_fetch: typeof fetch;
	_later(then: () => void, ms: number): unknown;
}

/**
 * Sends one request and lets go of it as soon as its headers are there. Never with credentials:
 * Firefox would open a login dialog on 401.
 */
export function probe(native: Native, url: string, init: RequestInit): Promise<Answer> {
	return new Promise((resolve) => {
		const control = new AbortController();
		const end = (answer?: Response | 0) => {
			resolve(answer);
			control.abort();
		};
		native._later(end, TIMEOUT);
		native
			._fetch(url, {
				credentials: "omit",
				cache: "no-store",
				signal: control.signal,
				...init,
			})
			.then(end, () => end(0));
	});
}

/**
 * Whether a server answers at all, also where Cross-Origin-Resource-Policy hides that from
 * `no-cors`: on any HTTP answer Chromium and WebKit close an EventSource, without one they try
 * again. Firefox closes it either way.
 */
export function answers(native: Native, url: string): Promise<boolean | undefined> {
	return new Promise((resolve) => {
		const source = new EventSource(url);
		const end = (answer?: boolean) => {
			resolve(answer);
			source.close();
		};
		source.onopen = () => end(true);
		source.onerror = () => end(source.readyState === 2);
		native._later(end, TIMEOUT);
	});
}
