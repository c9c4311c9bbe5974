import { type Call, urlOf } from "./call";
import { now } from "./clock";
import type { Probes } from "./options";
import { answers, probe } from "./probe";
import type { Verdict } from "./row";
import { later, scope } from "./scope";

/** A violation is reported a little after the rejection. */
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

interface Known {
	/** It has succeeded in this page. */
	_good?: boolean;
	_at?: number;
	_verdict?: Promise<Verdict>;
}

const is = (o: string, ev: string, stage?: string, proven?: unknown): Verdict => ({
	o,
	stage: stage || undefined,
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

const investigate = async (
	call: Call,
	send: typeof fetch,
	probes: Probes | undefined,
	good: unknown,
): Promise<Verdict> => {
	const { c: credentialed, p: preflighted, to: origin } = call._shape;
	const url = urlOf(call);
	const plain = !credentialed && !preflighted;
	const safe = /^(GET|HEAD)$/.test(call._method);
	let stage = preflighted ? "unknown" : "response";

	await new Promise<void>((resolve) => later(resolve, SETTLE_MS));
	if (violations.some((blocked) => blocked && url.startsWith(blocked))) return is("csp", "csp", "", true);
	if (probes === "off") return is("unknown", "off");
	if (now() - down[origin!]! < DOWN_MS) return network("down");
	if (!afford("", PAGE_BUDGET) || !afford(origin!, ORIGIN_BUDGET)) return is("unknown", "budget");

	const ask = (init: RequestInit) => probe(send, url, safe ? call._method : "HEAD", init);
	const a = await ask({ mode: "no-cors" });
	let ev = a ? "A+" : "A-";
	if (probes === "cheap") return a ? is("blocked", ev, stage) : network(ev);
	if (!a) {
		// Firefox closes an EventSource in any case.
		if (/Firefox/.test(navigator.userAgent) || !scope.EventSource || !(await answers(url))) {
			if (await probe(send, `${origin}/`, "HEAD", { mode: "no-cors" })) return network("A-E-R+");
			down[origin!] = now();
			return /^https/.test(scope.origin) && /^http:/.test(url)
				? is("mixed_content", "mixed")
				: network("A-E-R-");
		}
		ev += "E+";
	}
	// Through the cache as the request itself: where that holds an answer without CORS headers
	// (a missing `Vary: Origin`), it is the fault.
	const cache = plain && safe ? "default" : "no-store";
	let b = await ask({ cache, redirect: "manual" });
	if (b?.type === "opaqueredirect") {
		ev += "Br";
		stage = "redirect";
		b = await ask({ cache });
	}
	if (!b) return is("blocked", `${ev}B-`, stage, a && plain && safe);
	ev += b.ok ? "B+" : "B4";
	if (plain) return safe || b.ok ? network(ev) : is("unknown", ev);
	// That it worked before says little: a policy that a deploy breaks is met by open pages.
	if (good) ev += "s";
	return is("blocked", ev, b.ok && stage === "unknown" ? "preflight" : stage);
};

/**
 * Why a request failed: `name` is that of the error or of the last event of the XHR, `message` the
 * error's; `probes` says what may be sent for it, through `send`. Undefined for what was no request
 * at all. Never rejects.
 */
export const judge = async (
	call: Call,
	send: typeof fetch,
	probes: Probes | undefined,
	ms: number,
	name: string,
	message?: string,
): Promise<Verdict | undefined> => {
	if (call._signal?.aborted || /^abort/i.test(name)) return is("aborted", "abort", "", true);
	if (name === "timeout") return is("aborted", name, "", true);
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
	const entry = (known[call._key] ||= {});
	if (!(now() - entry._at! < VERDICT_MS)) {
		entry._at = now();
		entry._verdict = investigate(call, send, probes, entry._good).catch(() => is("unknown", "hang"));
	}
	return entry._verdict;
};
