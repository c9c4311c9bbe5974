import type { Call } from "./call";
import { elapsed, type Instant, now } from "./clock";
import type { Probes } from "./options";
import type { Page } from "./page";
import { type Answer, answers, type Native, probe } from "./probe";
import type { Fields } from "./row";

/** What a failure is found to be. */
export type Verdict = Pick<Fields, "o" | "stage" | "cf" | "ev">;

/** What the page got instead of a response. */
export interface Failure {
	/** Name of the error, or of the event of the XHR. */
	_name: string;
	/** Text of the error; undefined for an XHR. */
	_message: string | undefined;
	/** Milliseconds from the call to the failure. */
	_ms: number;
}

const SETTLE_MS = 60;
const VERDICT_MS = 60_000;
const DOWN_MS = 30_000;
const BUDGET_MS = 600_000;
const PAGE_BUDGET = 40;
const ORIGIN_BUDGET = 16;
const MAX_KNOWN = 500;

const PRIVATE =
	/^https?:\/\/(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[(::1|f[cde]))/;
const LOOPBACK = /^http:\/\/(localhost|127\.|\[::1)/;

const network = (ev: string): Verdict => ({ o: "network", ev });
const unknown = (ev: string): Verdict => ({ o: "unknown", ev });
const blocked = (stage: string, ev: string, proven?: boolean): Verdict => ({
	o: "blocked",
	stage,
	...(proven && { cf: "proven" }),
	ev,
});

/**
 * What is known without waiting: a verdict, or null for a call that was no request at all (its
 * arguments were wrong). Undefined where only more evidence tells.
 */
export function gate(call: Call, failure: Failure, page: Page): Verdict | null | undefined {
	const { _name: name, _message: message, _ms: ms } = failure;
	if (call._signal?.aborted || name === "abort" || name === "AbortError") {
		return { o: "aborted", cf: "proven", ev: "abort" };
	}
	if (/^time/i.test(name)) return { o: "aborted", cf: "proven", ev: "timeout" };
	// Firefox ends an XHR of a page that goes away with neither `error` nor `abort`.
	if (name === "readystatechange" || page._leaving()) return { o: "unloaded", ev: "unload" };
	// Wrong arguments reject at once, with a text of their own; what the network causes has one
	// generic text in each engine (WebKit adds some, never at once).
	if (message !== undefined && ms < 5 && !/^(Failed to fetch|NetworkError|Load failed)/.test(message)) {
		return null;
	}
	return;
}

/** Finds out why requests failed. */
export interface Classifier {
	/** A request of this shape has just succeeded. */
	_succeeded(call: Call): void;
	/** Never rejects. */
	_judge(call: Call, failure: Failure): Promise<Verdict>;
}

/** `probes` says what may be sent for it. */
export function classifier(native: Native, page: Page, probes: Probes): Classifier {
	const good = new Set<string>();
	const verdicts = new Map<string, [Instant, Promise<Verdict>]>();
	const down = new Map<string, Instant>();
	let spent: Record<string, number> = {};
	let since = now();

	/** Takes from the budgets of the page and of the origin. */
	const afford = (origin: string): boolean => {
		if (elapsed(since) > BUDGET_MS) {
			spent = {};
			since = now();
		}
		spent[""] = (spent[""] || 0) + 1;
		spent[origin] = (spent[origin] || 0) + 1;
		return spent[""] <= PAGE_BUDGET && spent[origin]! <= ORIGIN_BUDGET;
	};

	const noAnswer = async (call: Call, ms: number, ev: string): Promise<Verdict> => {
		const origin = call._shape.to!;
		if (navigator.onLine === false) return { o: "offline", ev };
		if (PRIVATE.test(call._url) && !PRIVATE.test(self.origin)) {
			const state = await permission();
			if (state && state !== "granted") return { o: "local_network", ev };
		}
		if (probes === "full" && afford(origin)) {
			const start = now();
			const root = await probe(native, `${origin}/`, { method: "HEAD", mode: "no-cors" });
			ev += root ? "R+" : "R-";
			// The server is far away, and yet the request failed at once: it never left the browser.
			if (root && elapsed(start) > 15 + 3 * ms) return { o: "ad_blocked", ev };
			if (!root) down.set(origin, now());
		}
		return network(ev);
	};

	const investigate = async (call: Call, failure: Failure): Promise<Verdict> => {
		const { _url: url, _shape: shape, _method: method, _strict: strict } = call;
		const origin = shape.to!;
		const firefox = /Firefox/.test(navigator.userAgent);
		const plain = !shape.c && !shape.p;
		let stage = shape.p ? "unknown" : "response";
		let ev = "";

		// A violation is reported, and Firefox has the timing, a little after the rejection.
		await new Promise<void>((resolve) => native._later(resolve, SETTLE_MS));
		if (page._forbids(url)) return { o: "csp", cf: "proven", ev: "csp" };
		if (/^https/.test(self.origin) && /^http:/.test(url) && !LOOPBACK.test(url)) {
			return { o: "mixed_content", ev: "mixed" };
		}
		// A service worker makes all durations of Firefox 0.
		const entry = firefox && !navigator.serviceWorker?.controller && timing(call);
		if (entry) {
			if (entry.responseStatus) return network("Fs");
			if (entry.transferSize) return blocked("response", "Ft", true);
			if (entry.duration) stage = "response";
			else if (shape.p) {
				stage = "preflight";
				ev = "F0";
			} else return navigator.onLine === false ? { o: "offline", ev: "F0" } : network("F0");
		}
		if (probes === "off") return unknown("off");
		const dead = down.get(origin);
		if (dead && elapsed(dead) < DOWN_MS) return network("down");
		if (!afford(origin)) return unknown("budget");

		const safe = method === "GET" || method === "HEAD";
		const same = safe ? method : "HEAD";
		const start = now();
		const a = await probe(native, url, { method: same, mode: "no-cors" });
		const ms = Math.max(failure._ms, elapsed(start));
		if (a === undefined) return unknown(`${ev}A~`);
		ev += a ? "A+" : "A-";
		if (probes !== "full") return a ? blocked(stage, ev) : network(ev);
		if (!a) {
			const closed = !firefox && self.EventSource && afford(origin) && (await answers(native, url));
			if (closed) ev += "E+";
			else return noAnswer(call, ms, `${ev}E-`);
		}

		const ask = (redirect: RequestRedirect): Promise<Answer> =>
			probe(native, url, {
				method: same,
				redirect,
				// Through the cache, as the request itself: a cached answer without CORS headers
				// (a missing `Vary: Origin`) is the fault then.
				...(plain && safe && { cache: "default" }),
			});
		if (!afford(origin)) return unknown(`${ev}-budget`);
		let b = await ask("manual");
		if (b && b.type === "opaqueredirect") {
			ev += "Br";
			stage = "redirect";
			b = await ask("follow");
		}
		if (b === undefined) return unknown(`${ev}B~`);
		if (!b) return blocked(stage, `${ev}B-`, plain && safe && !!a && !strict);
		ev += b.ok ? "B+" : "B4";
		if (strict) return unknown(ev);
		if (plain) return safe || b.ok ? network(ev) : unknown(ev);
		if (good.has(call._key)) return unknown(`${ev}s`);
		return blocked(stage === "unknown" && b.ok ? "preflight" : stage, ev);
	};

	return {
		_succeeded(call) {
			if (good.size > MAX_KNOWN) good.clear();
			good.add(call._key);
			verdicts.delete(call._key);
			down.delete(call._shape.to!);
		},
		_judge(call, failure) {
			const known = verdicts.get(call._key);
			if (known && elapsed(known[0]) < VERDICT_MS) return known[1];
			if (verdicts.size > MAX_KNOWN) verdicts.clear();
			const verdict = investigate(call, failure).catch(() => unknown("error"));
			verdicts.set(call._key, [now(), verdict]);
			return verdict;
		},
	};
}

/** The Resource Timing entry of this call. */
const timing = (call: Call): PerformanceResourceTiming | undefined =>
	(performance.getEntriesByName(call._url) as PerformanceResourceTiming[]).find(
		(entry) => entry.startTime >= call._at[1] - 1,
	);

/** Whether the user lets the page reach the local network; undefined where the browser does not ask. */
const permission = (): Promise<string | undefined> =>
	Promise.resolve(
		navigator.permissions?.query({ name: "local-network-access" as PermissionName }),
	).then(
		(status) => status?.state,
		() => undefined,
	);
