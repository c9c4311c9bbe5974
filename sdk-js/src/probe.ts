import { later, send } from "./scope";

/** After this long a probe counts as hanging, and rejects. */
const TIMEOUT = 20_000;

const within = <T>(ask: (done: (answer: T) => void) => void): Promise<T> =>
	new Promise((resolve, reject) => {
		later(reject, TIMEOUT);
		ask(resolve);
	});

/**
 * Sends one request and lets go of it as soon as its headers are there; undefined where it failed.
 * Never with credentials: Firefox would open a login dialog on 401.
 */
export const probe = (url: string, method: string, init: RequestInit): Promise<Response | undefined> =>
	within((done) => {
		const control = new AbortController();
		const end = (answer?: Response) => {
			done(answer);
			control.abort();
		};
		send(url, {
			method,
			credentials: "omit",
			cache: "no-store",
			signal: control.signal,
			...init,
		}).then(end, () => end());
	});

/**
 * Whether a server answers at all, also where Cross-Origin-Resource-Policy hides that from
 * `no-cors`: on any HTTP answer Chromium and WebKit close an EventSource, without one they try
 * again. Firefox closes it either way.
 */
export const answers = (url: string): Promise<boolean> =>
	within((done) => {
		const source = new EventSource(url);
		source.onopen = source.onerror = () => {
			done(source.readyState > 0);
			source.close();
		};
	});
