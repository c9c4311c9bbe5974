import { collect, open, watch } from "./beacon";
import { type Ask, type Call, call, urlOf } from "./call";
import { judge, leave, succeeded, violate } from "./classify";
import { expectation } from "./expect";
import { type Answer, type Fail, patchFetch } from "./fetch";
import { is } from "./investigate";
import type { Options } from "./options";
import { note } from "./own";
import { unpatch } from "./patch";
import type { Verdict } from "./row";
import { add, bytes, take } from "./rows";
import { COPY, keepFetch, later, listen, scope } from "./scope";
import { namer } from "./template";
import { countBy, known, ofElement, simple } from "./track";
import { enter, serverOf } from "./traffic";
import { connect, deliver, drop, interval, limits, relieved, unload } from "./transport";
import { full } from "./variant";
import { keep, pass } from "./verdicts";
import { patchXhr } from "./xhr";

const FLUSH_MS = 15_000;
/** Bytes of rows that are sent at once. */
const MAX_BYTES = 14_000;
/** Failures with a row of their own in one page. */
const MAX_ALONE = 20;
/** A failure of a new kind is sent this soon, and not when many other pages do. */
const SOON_MS = 1000;

const judging = new Map<Call, number>();
/** What is recorded belongs to it, until it is forgotten. */
let current: object | undefined;
/** None, one for all that is recorded, one for a failure of a new kind. */
type Timer = 0 | 1 | 2;
let timer: Timer = 0;
let alone = 0;
let signatures: Record<string, unknown> = {};

/** Sends now what is recorded. */
export const flush = (): void => {
	collect();
	deliver();
};

/** Sends what is recorded after a while, or soon. */
const wake = (wanted: Timer): void => {
	if (bytes > MAX_BYTES) flush();
	else if (timer < wanted) {
		timer = wanted;
		later(
			() => {
				timer = 0;
				flush();
			},
			wanted > 1 ? Math.random() * SOON_MS : interval,
		);
	}
};

const depart = (): void => {
	collect();
	unload();
};

const fail = (call: Call, ms: number, verdict: Verdict): void => {
	const grave = !/^(ab|unl|of)/.test(verdict.o);
	add(call, verdict, full && call._silent ? known(ms) : ms, grave && alone++ < MAX_ALONE);
	const signature = call._key + verdict.o;
	wake(grave && !signatures[signature] && !relieved() ? 2 : 1);
	signatures[signature] = 1;
};

/** Watches for the end of the page, and for what its policy blocks. */
const listenIn = (guarded: Guard): void => {
	listen(scope, "securitypolicyviolation", violate);
	// Chromium rejects what is in progress just after `pagehide`, Firefox and WebKit up to 700 ms
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
	const mine = (current ||= {});
	/** What observes must neither throw into the page nor go on after the end. */
	const guarded: Guard =
		(observe) =>
		(...args) => {
			try {
				if (scope[COPY] && current === mine) observe(...args);
			} catch {
				note("errors");
			}
		};
	const name = namer(options);
	const expect = expectation(options);
	keepFetch();
	open(options);
	connect(options.url + (options.path || "/v1/b/") + options.key, options.flushInterval || FLUSH_MS, ended);
	alone = 0;
	signatures = {};

	const ask = (by: string) => (asked: Ask) => {
		if (limits.includes(by)) return;
		const mine = call(asked, name);
		if (mine) enter(mine);
		return mine;
	};
	const answer: Answer = guarded((call, st, url, readable) => {
		serverOf(call)._page.delete(call);
		const ms = performance.now() - call._start;
		// Content blockers put an empty file in the place of what they block.
		if (/^[^h]/.test(url)) return fail(call, ms, is("ad_blocked", "replaced", "proven"));
		const row = add(call, st ? { st } : { o: "ok" }, ms);
		if (call._shape.p && !limits.includes("_l")) watch(call, row);
		succeeded(call);
		if (full) pass(() => urlOf(call), ms, call._shape);
		wake(1);
		if (!limits.includes("_h")) expect(call, st, readable);
	});
	const reject: Fail = guarded((call, name, message, error) => {
		serverOf(call)._page.delete(call);
		const ms = performance.now() - call._start;
		judging.set(call, ms);
		const found = judge(call, options.probes, ms, name, message).then((verdict) => {
			if (judging.delete(call) && verdict) {
				if (full && call._silent) verdict = ofElement(verdict);
				guarded(fail)(call, ms, verdict);
				if (full) return { ...call._shape, ...verdict };
			}
			return;
		});
		if (full) {
			keep(error, urlOf(call), ms, found);
			found.then((finding) => finding && options.onVerdict?.(error, finding)).catch(() => {});
		}
	});
	patchFetch(ask("fetch"), answer, reject);
	if (scope.XMLHttpRequest) patchXhr(ask("xhr"), answer, reject);
	if (full) {
		countBy((observer, url, credentialed, since = -Infinity) => {
			const mine = !limits.includes(observer) && simple(url, credentialed, since, name);
			return mine
				? {
						answered: guarded((st) => {
							add(mine, st ? { st } : { o: "ok" }, known(performance.now() - mine._start));
							succeeded(mine);
							wake(1);
						}),
						failed: (error) => reject(mine, "error", "", error),
					}
				: undefined;
		});
	}
	listenIn(guarded);
};

/** Ends it: puts everything back. What is in progress counts if another observation begins before its end. */
export const end = unpatch;

/** Drops what is recorded, and what is in progress. */
export const forget = (): void => {
	current = undefined;
	judging.clear();
	take();
	drop();
};
