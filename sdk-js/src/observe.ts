import { collect, open, watch } from "./beacon";
import { type Ask, type Call, call } from "./call";
import { is, judge, leave, succeeded, violate } from "./classify";
import { expectation } from "./expect";
import { type Answer, type Fail, patchFetch } from "./fetch";
import type { Options } from "./options";
import { unpatch } from "./patch";
import type { Verdict } from "./row";
import { add, bytes, take } from "./rows";
import { keepFetch, later, listen, scope } from "./scope";
import { namer } from "./template";
import { enter, exit, halt, resume } from "./traffic";
import { connect, deliver, drop, interval, unload } from "./transport";
import { patchXhr } from "./xhr";

const FLUSH_MS = 15_000;
/** Bytes of rows that are sent at once. */
const MAX_BYTES = 14_000;
/** Failures with a row of their own in one page. */
const MAX_ALONE = 20;

const judging = new Map<Call, number>();
/** The observation under way. */
let current: object | undefined;
let timer = false;
let alone = 0;

/** Sends now what is recorded. */
export const flush = (): void => {
	collect();
	deliver();
};

const wake = (): void => {
	if (bytes > MAX_BYTES) flush();
	else if (!timer) {
		timer = true;
		later(() => {
			timer = false;
			flush();
		}, interval);
	}
};

const depart = (): void => {
	collect();
	unload();
};

const fail = (call: Call, ms: number, verdict: Verdict): void => {
	const one = !/^(ab|unl|of)/.test(verdict.o) && alone++ < MAX_ALONE;
	add(call, verdict, ms, one);
	wake();
};

/** Watches for the end of the page, and for what its policy blocks. */
const listenIn = (guarded: Guard): void => {
	listen(scope, "securitypolicyviolation", violate);
	// Chromium rejects what is under way just after `pagehide`, Firefox and WebKit up to 700 ms
	// before it.
	listen(scope, "beforeunload", leave);
	listen(
		scope,
		"pagehide",
		guarded(() => {
			leave();
			for (const [call, ms] of judging) fail(call, ms, { o: "unknown", ev: "pending" });
			judging.clear();
			depart();
		}),
	);
	listen(
		scope,
		"visibilitychange",
		guarded(() => {
			if (document.visibilityState === "hidden") depart();
		}),
	);
};

type Guard = <A extends unknown[]>(observe: (...args: A) => void) => (...args: A) => void;

/** Starts to observe; calls `ended` when the server wants it to end. */
export const begin = (options: Options, ended: () => void): void => {
	const mine = (current = {});
	/** What observes must neither throw into the page nor go on after the end. */
	const guarded: Guard =
		(observe) =>
		(...args) => {
			try {
				if (current === mine) observe(...args);
			} catch {}
		};
	const name = namer(options);
	const expect = expectation(options);
	keepFetch();
	open(options);
	connect(options.url + (options.path || "/v1/b/") + options.key, options.flushInterval || FLUSH_MS, ended);
	alone = 0;

	resume();

	const ask = (asked: Ask) => {
		const mine = call(asked, name);
		if (mine) enter(mine);
		return mine;
	};
	const answer: Answer = guarded((call, st, url, readable) => {
		exit(call);
		const ms = performance.now() - call._start;
		// Content blockers put an empty file in the place of what they block.
		if (/^[^h]/.test(url)) return fail(call, ms, is("ad_blocked", "replaced", 1));
		const row = add(call, st ? { st } : { o: "ok" }, ms);
		if (call._shape.p) watch(call, row);
		succeeded(call);
		wake();
		expect(call, st, readable);
	});
	const reject: Fail = guarded((call, error, message) => {
		exit(call);
		const ms = performance.now() - call._start;
		judging.set(call, ms);
		judge(call, options.probes, ms, error, message).then(
			guarded((verdict) => {
				if (judging.delete(call) && verdict) fail(call, ms, verdict);
			}),
		);
	});
	patchFetch(ask, answer, reject);
	if (scope.XMLHttpRequest) patchXhr(ask, answer, reject);
	listenIn(guarded);
};

/** Ends it: puts everything back and records nothing more, not even of what is under way. */
export const end = (): void => {
	current = undefined;
	judging.clear();
	halt();
	unpatch();
};

/** Drops what is recorded. */
export const forget = (): void => {
	take();
	drop();
};
