import { type Call, MARK } from "./call";
import { note } from "./own";
import { COPY, later, scope, send, sleep } from "./scope";
import { crowded, type Server } from "./traffic";

/** What a probe may take: a multiple of what the failed request took, within these bounds. */
const TIMES = 3;
const MIN_TIMEOUT = 1000;
const MAX_TIMEOUT = 5000;
/** A probe looks this often, each time after `LOOK_MS`, for a moment in which the page does not wait. */
const MAX_LOOKS = 200;
const LOOK_MS = 50;
/** A request in progress for longer is a long poll, and does not hold up probes. */
const POLL_MS = 5000;

let server: Server;
let limit: number;

/** What is asked from here on is for a request to this server that failed after `failedMs`. */
export const aim = (at: Server, failedMs: number): void => {
	server = at;
	limit = Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, TIMES * failedMs));
};

/** What the last probe took. */
export let took: number;

/**
 * Asks, and lets go of the connection with the headers of the answer; undefined where there was none.
 * Without `init` an EventSource asks: whether a server answers at all shows by it also where
 * Cross-Origin-Resource-Policy hides that from `no-cors`. On any HTTP answer Chromium and WebKit
 * close it, without one they try again; Firefox closes it either way.
 *
 * Never with credentials: Firefox would open a login dialog on 401. Waits for a moment in which the
 * page does not wait for the server. Rejects with `hang` where there is no answer in time, and with
 * `busy` where there was no such moment, the page needed the connection, or the observation ended.
 */
export const ask = async (url: string, init?: RequestInit): Promise<Response | undefined> => {
	const waits = ({ _start }: Call) => performance.now() - _start < POLL_MS;
	for (let looks = MAX_LOOKS; looks-- && [...server._page].some(waits); ) await sleep(LOOK_MS);
	if (!scope[COPY] || crowded(server)) throw "busy";
	note("probes");
	const from = performance.now();
	return new Promise((resolve, reject) => {
		const control = new AbortController();
		let source: EventSource | undefined;
		const end = (answer?: unknown) => {
			took = performance.now() - from;
			resolve(answer as Response);
			control.abort();
			source?.close();
		};
		const giveUp = (why: string) => {
			reject(why);
			end();
		};
		server._yield = () => giveUp("busy");
		later(() => giveUp("hang"), limit);
		if (init) {
			send(url + MARK, {
				credentials: "omit",
				cache: "no-store",
				priority: "low",
				signal: control.signal,
				...init,
			}).then(end, () => end());
		} else {
			source = new EventSource(url + MARK);
			source.onopen = source.onerror = () => end(source!.readyState);
		}
	});
};
