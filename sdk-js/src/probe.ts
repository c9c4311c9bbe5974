import { later, send } from "./scope";
import { aside } from "./traffic";

/** What a probe may take: a multiple of what the failed request took, within these bounds. */
const TIMES = 3;
const MIN_TIMEOUT = 1000;
const MAX_TIMEOUT = 5000;

/** By this fragment, which no server sees, Resource Timing and service workers tell probes from requests of the page. */
export const MARK = "#corswatch";

/** Milliseconds after which a probe hangs, for a request that failed after `ms`. */
export const patience = (ms: number): number => Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, TIMES * ms));

/** Asks and lets go of the connection with the answer, or after `ms`: then it rejects with `hang`. */
const within = <T>(
	url: string,
	ms: number,
	ask: (url: string, done: (answer?: T) => void) => () => void,
): Promise<T | undefined> =>
	aside(
		new URL(url).origin,
		({ signal }) =>
			new Promise((resolve, reject) => {
				const release = ask(url + MARK, (answer) => {
					resolve(answer);
					release();
				});
				signal.onabort = () => {
					resolve(undefined);
					release();
				};
				later(() => {
					reject("hang");
					release();
				}, ms);
			}),
	);

/**
 * Sends one request and lets go of it as soon as its headers are there; undefined where it failed.
 * Never with credentials: Firefox would open a login dialog on 401.
 */
export const probe = (
	url: string,
	method: string,
	ms: number,
	init: RequestInit,
): Promise<Response | undefined> =>
	within(url, ms, (url, done) => {
		const control = new AbortController();
		send(url, {
			method,
			credentials: "omit",
			cache: "no-store",
			priority: "low",
			signal: control.signal,
			...init,
		}).then(done, () => done());
		return () => control.abort();
	});

/**
 * Whether a server answers at all, also where Cross-Origin-Resource-Policy hides that from
 * `no-cors`: on any HTTP answer Chromium and WebKit close an EventSource, without one they try
 * again. Firefox closes it either way.
 */
export const answers = (url: string, ms: number): Promise<boolean | undefined> =>
	within(url, ms, (url, done) => {
		const source = new EventSource(url);
		source.onopen = source.onerror = () => done(source.readyState > 0);
		return () => source.close();
	});
