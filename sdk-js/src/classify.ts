import { type Call, timing, urlOf } from "./call";
import { now } from "./clock";
import type { Probes } from "./options";
import { answers, patience, probe } from "./probe";
import type { Verdict } from "./row";
import { scope, sleep } from "./scope";
import { inTurn } from "./traffic";

/** A violation is reported a little after the rejection, as is Firefox's Resource Timing entry. */
const SETTLE_MS = 60;
/** A verdict stands this long for repeats. */
const VERDICT_MS = 60_000;
/** An origin that does not answer at all is left alone this long. */
const DOWN_MS = 30_000;
/** Investigations per page and per origin in `BUDGET_MS`; each sends up to five requests. */
const PAGE_BUDGET = 20;
const ORIGIN_BUDGET = 8;
const BUDGET_MS = 600_000;
/** Requests that fail this soon after the page began to go away failed because of that. */
const LEAVING_MS = 1500;
const MAX_VIOLATIONS = 20;
/** What a content blocker stops is over sooner; a server is taken for farther off than that. */
const BLOCKER_MS = 10;
const FAR_MS = 30;
/** Browsers follow 20 redirects; a request that took about as many hops went in circles. */
const MIN_LOOP = 12;
const MAX_LOOP = 30;
/** Bodies of `keepalive` requests under way, all together. */
const KEEPALIVE_BYTES = 65_536;
/**
 * Makes any header need a preflight, also one that is safelisted with other values ("CORS-unsafe
 * request-header byte"), and says nothing to the server.
 */
const UNSAFE_VALUE = "@";
/**
 * Addresses that Local Network Access guards, where the host says so itself: loopback, and others.
 * Not to the last digit: it decides only where the permission is denied.
 */
const LOCAL = /\/\/(localhost|127\.|\[:)|\/\/(1(0|69|72|92)\.|\[f)|\.local[:/]/;

interface Known {
	/** It has succeeded in this page. */
	_good?: boolean;
	_at?: number;
	_verdict?: Promise<Verdict>;
}

export const is = (o: string, ev: string, proven?: unknown, stage?: string): Verdict => ({
	o,
	stage,
	cf: proven ? "proven" : undefined,
	ev,
});
const network = (ev: string) => is(navigator.onLine ? "network" : "offline", ev);

const known: Record<string, Known> = {};
const down: Record<string, number> = {};
let spent: Record<string, number> = {};
let spentFrom = 0;
let violations: string[] = [];
let left = 0;

/** The page begins to go away. */
export const leave = (): void => {
	left = now();
};

/** The page's policy has blocked something. */
export const violate = ({ disposition, blockedURI }: SecurityPolicyViolationEvent): void => {
	if (disposition === "enforce") violations = [blockedURI, ...violations].slice(0, MAX_VIOLATIONS);
};

/** A request of this shape has just succeeded. */
export const succeeded = (call: Call): void => {
	known[call._key] = { _good: true };
	delete down[call._shape.to!];
};

/** Takes from a budget. */
const afford = (name: string, budget: number) => {
	if (now() - spentFrom > BUDGET_MS) {
		spent = {};
		spentFrom = now();
	}
	return (spent[name] = (spent[name] || 0) + 1) <= budget;
};

const insecure = (url: string) => /^https/.test(scope.origin) && /^http:/.test(url);

/** Whether the page may not ask local addresses, and this is one. */
const fenced = async (url: string) => {
	const local = LOCAL.exec(url);
	return (
		local &&
		!LOCAL.test(`${scope.origin}/`) &&
		// A browser without the fence does not know the name.
		navigator.permissions?.query({ name: `${local[1] ? "loopback" : "local"}-network` as "push" }).then(
			({ state }) => state === "denied",
			() => {},
		)
	);
};

/** Neither the request nor a probe got an answer; the probe took `ms` and others may take `limit`. */
const unanswered = async (url: string, origin: string, ms: number, limit: number): Promise<Verdict> => {
	const from = performance.now();
	if (await probe(`${origin}/`, "HEAD", limit, { mode: "no-cors" })) {
		// No server refuses in much less time than it takes to answer.
		return ms < BLOCKER_MS && performance.now() - from > FAR_MS
			? is("ad_blocked", "A-E-R+q")
			: network("A-E-R+");
	}
	down[origin] = now();
	return insecure(url) ? is("mixed_content", "mixed") : network("A-E-R-");
};

/** Where a request was stopped, as far as it shows without a probe. */
const stageOf = (preflighted: unknown, entry: PerformanceEntry | undefined): string => {
	if (!preflighted) return "response";
	// Firefox gives a request whose preflight failed no duration, and one whose answer is withheld
	// its own; under a service worker none has any.
	if (!entry || navigator.serviceWorker?.controller) return "unknown";
	return entry.duration ? "response" : "preflight";
};

const investigate = async (call: Call, probes: Probes, failedMs: number, good: unknown): Promise<Verdict> => {
	const { c: credentialed, p: preflighted } = call._shape;
	const origin = call._shape.to!;
	const url = urlOf(call);
	const plain = !credentialed && !preflighted;
	const safe = /^(GET|HEAD)$/.test(call._method);

	if (now() - down[origin]! < DOWN_MS) return network("down");
	if (!afford("", PAGE_BUDGET) || !afford(origin, ORIGIN_BUDGET)) return is("unknown", "budget");

	const firefox = /Firefox/.test(navigator.userAgent);
	const entry = firefox ? timing(call) : undefined;
	let stage = stageOf(preflighted, entry);

	const limit = patience(failedMs);
	let took = 0;
	const ask = async (init: RequestInit) => {
		const from = performance.now();
		const answer = await probe(url, safe ? call._method : "HEAD", limit, init);
		took = performance.now() - from;
		return answer;
	};
	// Through the cache as the request itself: where that holds an answer without CORS headers
	// (a missing `Vary: Origin`), it is the fault.
	const cache = plain && safe ? "default" : "no-store";
	let redirect = "";
	const askCors = async () => {
		const answer = await ask({ cache, redirect: "manual" });
		if (answer?.type === "opaqueredirect") redirect = "Br";
		return answer;
	};

	// What passes the CORS checks is an answer, too, and leads no probe through redirects. Firefox
	// repeats a request that is reset nine times, so that it is asked the question which most often
	// settles it first; unless its entry says that the first answer passed the checks.
	const corsFirst = probes !== "cheap" && (!firefox || entry?.responseStatus);
	let b = corsFirst ? await askCors() : undefined;
	const hops = failedMs / took;
	if (redirect && hops > MIN_LOOP && hops < MAX_LOOP) return network("BrL");
	let ev = "";
	if (!b || redirect) {
		const a = await ask({ mode: "no-cors" });
		const ms = took;
		ev = a ? "A+" : "A-";
		if (probes === "cheap") return a ? is("blocked", ev, 0, stage) : network(ev);
		if (!a) {
			if (await fenced(url)) return is("local_network", "lna");
			// Where the page may not ask, an EventSource is closed, too; as Firefox does in any case.
			// There, with Timing-Allow-Origin, the entry tells.
			if (
				insecure(url) ||
				!(firefox ? entry?.transferSize : scope.EventSource && (await answers(url, limit)))
			) {
				return unanswered(url, origin, ms, limit);
			}
			ev += "E+";
		}
		if (!corsFirst) b = await askCors();
		if (redirect) {
			stage = "redirect";
			b = await ask({ cache });
		}
		if (!b) return is("blocked", `${ev}${redirect}B-`, a && plain && safe, stage);
	}
	ev += redirect + (b!.ok ? "B+" : "B4");
	if (plain) return safe || b!.ok ? network(ev) : is("unknown", ev);
	if (stage === "unknown") {
		if (call._shape.by) {
			const p = await ask({ headers: call._shape.by.split(",").map((name) => [name, UNSAFE_VALUE]) });
			ev += p ? "P+" : "P-";
			// Credentials are judged with the preflight already.
			if (!p || credentialed) stage = "preflight";
			// The same request, but for what the headers say, passes now.
			else if (safe && p.ok) return network(ev);
			// Another method may be what the preflight forbids: that cannot be asked without using it.
			else if (safe || call._method === "POST") stage = "response";
		} else if (b!.ok) stage = "preflight";
	}
	// That it worked before says little: a policy that a deploy breaks is met by open pages.
	if (good) ev += "s";
	return is("blocked", ev, 0, stage);
};

/** What shows without a probe, and else what an investigation shows when its turn has come. */
const settle = async (call: Call, probes: Probes = "full", ms: number, good: unknown): Promise<Verdict> => {
	await sleep(SETTLE_MS);
	const url = urlOf(call);
	if (violations.some((blocked) => blocked && url.startsWith(blocked))) return is("csp", "csp", 1);
	if (probes === "off") return is("unknown", "off");
	return inTurn(call._shape.to!, () => investigate(call, probes, ms, good));
};

/**
 * Why a request failed after `ms`: `name` is that of the error or of the last event of the XHR,
 * `message` the error's; `probes` says what may be sent for it. Undefined for what was no request
 * at all. Never rejects.
 */
export const judge = async (
	call: Call,
	probes: Probes | undefined,
	ms: number,
	name: string,
	message?: string,
): Promise<Verdict | undefined> => {
	if (call._signal?.aborted || /^abort/i.test(name)) return is("aborted", "abort", 1);
	if (name === "timeout") return is("aborted", name, 1);
	// Firefox ends an XHR of a page that goes away with neither `error` nor `abort`.
	if (now() - left < LEAVING_MS || name === "readystatechange") return is("unloaded", "unload");
	// Wrong arguments reject at once, with a text of their own that Chromium and Firefox begin with
	// the name of the method; a failed request has the one generic text of its engine (WebKit has
	// some more, never at once).
	if (
		message &&
		!/^(Failed to fetch|NetworkError|Load failed)/.test(message) &&
		(ms < 5 || /fetch[':]/.test(message))
	)
		return;
	if (call._keepalive && new Blob([call._body as string]).size > KEEPALIVE_BYTES) {
		return is("unknown", "quota");
	}
	const entry = (known[call._key] ||= {});
	if (!(now() - entry._at! < VERDICT_MS)) {
		entry._at = now();
		entry._verdict = settle(call, probes, ms, entry._good).catch((why) => is("unknown", why));
	}
	return entry._verdict;
};
