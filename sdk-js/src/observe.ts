import { type Ask, type Call, call, timing } from "./call";
import { judge, leave, succeeded, violate } from "./classify";
import { type Answer, type Fail, patchFetch } from "./fetch";
import { count } from "./latency";
import type { Options } from "./options";
import { unpatch } from "./patch";
import { random } from "./random";
import type { Row, Verdict } from "./row";
import { add, bytes, take } from "./rows";
import { later, listen, native, scope } from "./scope";
import { matcher, namer } from "./template";
import { connect, deliver, drop, seal, unload } from "./transport";
import { patchXhr } from "./xhr";

/** Replaced by the build. */
declare const SDK_VERSION: string;

const FLUSH_MS = 15_000;
const MAX_FLUSH_MS = 300_000;
/** Bytes of rows that are sent at once. */
const MAX_BYTES = 14_000;
/** Failures with a row of their own in one page. */
const MAX_ALONE = 20;
/** Preflights that are looked at in one beacon. */
const MAX_PREFLIGHTED = 99;
/** A shorter time is no round trip: the preflight was cached. */
const MIN_PREFLIGHT_MS = 5;

/** An observation under way. */
export interface Observation {
	/** Sends now what is recorded. */
	_flush(): void;
	/** Ends it: puts everything back and records nothing more, not even of what is under way. */
	_end(): void;
}

/** Starts to observe; calls `ended` when the server wants it to end. */
export const observe = (options: Options, ended: () => void): Observation => {
	const send = native(scope, "fetch");
	const name = namer(options);
	const expected = (options.expectHeaders || []).map(({ origin, path, names }) => ({
		_fits: matcher(origin, path),
		_names: names,
	}));
	const judging = new Map<Call, number>();
	const session = random(6);
	const shortest = options.flushInterval || FLUSH_MS;
	let interval = shortest;
	let preflighted: [Call, Row][] = [];
	let timer = false;
	let on = true;
	let alone = 0;

	connect(options.url + (options.path || "/v1/b/") + options.key, send, ended, (seconds) => {
		interval = Math.max(shortest, Math.min(MAX_FLUSH_MS, seconds * 1000));
	});

	const collect = () => {
		// Only now are the entries sure to be there.
		for (const [call, row] of preflighted) {
			const entry = timing(call);
			if (!entry?.requestStart) continue;
			// Chromium and Firefox count the preflight between connection and request; WebKit
			// starts the clock after it. Without Timing-Allow-Origin these are 0.
			const ms = Math.max(entry.startTime - call._start, entry.requestStart - entry.connectEnd);
			if (ms > MIN_PREFLIGHT_MS) count((row.pl ||= []), ms);
		}
		preflighted = [];
		const rows = take();
		if (rows[0]) {
			const rest = JSON.stringify({
				s: session,
				page: scope.origin,
				sdk: SDK_VERSION,
				env: options.environment,
				rel: options.release,
				ctx: !scope.document ? "worker" : scope.top !== scope ? "iframe" : undefined,
				lab: navigator.webdriver || undefined,
				rows,
			});
			seal(`{"v":1,"id":"${random(12)}","age":`, `,${rest.slice(1)}`);
		}
	};
	const flush = () => {
		collect();
		deliver();
	};
	const wake = () => {
		if (bytes > MAX_BYTES) flush();
		else if (!timer) {
			timer = true;
			later(() => {
				timer = false;
				flush();
			}, interval);
		}
	};
	/** What observes must neither throw into the page nor go on after the end. */
	const guarded =
		<A extends unknown[]>(observe: (...args: A) => void) =>
		(...args: A): void => {
			try {
				if (on) observe(...args);
			} catch {}
		};
	const fail = guarded((call: Call, ms: number, verdict: Verdict) => {
		const one = !/^(ab|unl|of)/.test(verdict.o) && alone++ < MAX_ALONE;
		add(call, { ...verdict, by: (one && call._by) || undefined }, ms, one);
		wake();
	});

	const begin = (ask: Ask) => call(ask, name);
	const answer: Answer = guarded((call, st, readable) => {
		const row = add(call, st ? { st } : { o: "ok" }, performance.now() - call._start);
		if (call._shape.p && preflighted.length < MAX_PREFLIGHTED) preflighted.push([call, row]);
		succeeded(call);
		wake();
		for (const { _fits, _names } of expected) {
			if (st < 400 && _fits(call._place)) {
				for (const by of _names) {
					add(call, { k: "header_read", o: readable(by) ? "ok" : "blocked", by: by.toLowerCase() });
				}
			}
		}
	});
	const reject: Fail = guarded((call, error, message) => {
		const ms = performance.now() - call._start;
		judging.set(call, ms);
		judge(call, send, options.probes, ms, error, message).then((verdict) => {
			if (judging.delete(call) && verdict) fail(call, ms, verdict);
		});
	});
	patchFetch(begin, answer, reject);
	if (scope.XMLHttpRequest) patchXhr(begin, answer, reject);

	listen(scope, "securitypolicyviolation", violate);
	// Chromium rejects what is under way just after `pagehide`, Firefox and WebKit up to 700 ms
	// before it.
	listen(scope, "beforeunload", leave);
	listen(scope, "pagehide", () => {
		leave();
		for (const [call, ms] of judging) fail(call, ms, { o: "unknown", ev: "pending" });
		judging.clear();
		collect();
		unload();
	});
	listen(scope, "visibilitychange", () => {
		if (document.visibilityState === "hidden") {
			collect();
			unload();
		}
	});
	return {
		_flush: flush,
		_end() {
			on = false;
			unpatch();
		},
	};
};

/** Drops what is recorded. */
export const forget = (): void => {
	take();
	drop();
};
