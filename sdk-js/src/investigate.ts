import { type Call, timing, urlOf } from "./call";
import { now } from "./clock";
import { aim, ask, took } from "./probe";
import type { Confidence, Verdict } from "./row";
import { scope } from "./scope";
import { afford, type Server, serverOf } from "./traffic";

/** An origin that does not answer at all is left alone this long. */
const DOWN_MS = 30_000;
/** What no server has answered is over sooner; a server is taken for farther off than that. */
const BLOCKER_MS = 10;
const FAR_MS = 30;
/** Where two times must agree, servers can be told from the machine itself when they are nearer. */
const NEAR_MS = BLOCKER_MS;
/** On a busy machine each of some probes takes much longer than its answer did; all of so many hardly. */
const MAX_AGAIN = 3;
/**
 * An answer takes one round trip, and up to two more where it needs a connection with TLS first: what
 * failed in less than a third of what probes take had none.
 */
const ROUND_TRIPS = 3;
/** Browsers follow 20 redirects; a request that took about as many hops went in circles. */
const MIN_LOOP = 12;
const MAX_LOOP = 30;
/** A request that passes is asked again, up to this many times in all: one server of several may be broken. */
const MAX_NODES = 3;
/** What is answered once takes less than so many times what another answer takes. */
const MAX_ONCE = 1.6;
/** The least of what probes took is smaller than what the root took once. */
const MIN_ROOT = 0.5;
/**
 * A request that ends without an answer on a connection used before is sent again once; by Firefox
 * nine times, where repeating is safe. It then takes about as many times what an answer takes.
 */
const MIN_TWICE = MAX_ONCE;
const MAX_TWICE = 2.35;
const MIN_TEN = 6;
const MAX_TEN = 16;
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

export const is = (o: string, ev: string, cf?: Confidence, stage?: string): Verdict => ({ o, stage, cf, ev });
const network = (ev: string) => is(navigator.onLine ? "network" : "offline", ev);

// One request is investigated at a time.
let call: Call;
let url: string;
let server: Server;
/**
 * What it took to fail, and what an answer takes: the least of what probes took, as a busy page or
 * machine makes times longer and never shorter.
 */
let failedMs: number;
let ms: number;
/** What it took to fail as the page saw it, as what probes take. */
let seenMs: number;
/** Method of the probes; whether it is the request's, and without more that would tell it from probe B. */
let method: string;
let safe: boolean;
let same: boolean;
/** Where it was blocked; undefined while nothing tells. */
let stage: string | undefined;
let ev: string;
let firefox: boolean;
/** What Firefox's Resource Timing says. */
let entry: PerformanceResourceTiming | undefined;

const blocked = () => is("blocked", ev, undefined, stage || "unknown");
const rootOf = () => `${call._shape.to}/`;
const askNoCors = (url: string, method: string) => ask(url, { method, mode: "no-cors" });
/** It took about as many times what an answer takes as a browser repeats what it gets no answer to. */
const repeated = (times: number, least: number, most: number) => times > least && times < most;
const sentTwice = (spent: number) => ms > FAR_MS && repeated(spent / ms, MIN_TWICE, MAX_TWICE);
/** As Firefox does; near by, a page that was busy for a moment takes as long. */
const sentTenTimes = (spent: number) => firefox && ms > FAR_MS && repeated(spent / ms, MIN_TEN, MAX_TEN);
/** It took no longer than one answer. */
const once = () => failedMs < MAX_ONCE * ms;
/** Counts what a probe took; where it got no answer that shows, unless it was over before one can have come. */
const measure = (answer: unknown) => {
	if (answer || ROUND_TRIPS * took > ms) ms = Math.min(ms, took);
};
/** Asks once more, for the time that it takes. */
const askAgain = async (again: string) => measure(await askNoCors(again, "GET"));
/**
 * It was over before any answer can have come. Few probes may all have been slow, and a gateway refuses
 * sooner than the application behind it answers: the root is asked, too.
 */
const tooSoon = async () => {
	const soon = () => ROUND_TRIPS * (ms > FAR_MS ? failedMs : seenMs) < ms && ms > NEAR_MS;
	for (let n = MAX_AGAIN; n-- && soon(); ) await askAgain(n % 2 ? url : rootOf());
	return soon();
};
/** Neither the request nor probe A got an answer that shows; undefined where there was one all the same. */
const unanswered = async (): Promise<Verdict | undefined> => {
	const local = LOCAL.exec(url);
	if (
		local &&
		!LOCAL.test(`${scope.origin}/`) &&
		(await navigator.permissions
			// A browser without the fence does not know the name.
			?.query({ name: `${local[1] ? "loopback" : "local"}-network` as "push" })
			.then(
				({ state }) => state === "denied",
				() => {},
			))
	) {
		return is("local_network", "lna");
	}
	// Where the page may not ask, an EventSource is closed, too; as Firefox does in any case.
	const witness = !firefox && scope.EventSource;
	const closed = witness && (await ask(url));
	// WebKit closes one that a content blocker stops, but at once.
	if (closed && took > BLOCKER_MS) return;
	let r = await askNoCors(rootOf(), "HEAD");
	const atOnce = Math.min(ms, failedMs) < BLOCKER_MS;
	// A moment in which the machine was busy, or a server far off.
	if (r && atOnce && took > FAR_MS) r = await askNoCors(rootOf(), "HEAD");
	if (r) {
		// Firefox sends ten times what gets no answer: what took as long as the root had one, which a
		// policy of the server hides.
		if (closed ? took < FAR_MS : firefox && ms > NEAR_MS && repeated(ms / took, MIN_ROOT, MAX_ONCE)) return;
		// No server refuses in much less time than it takes to answer.
		return atOnce && took > FAR_MS ? is("ad_blocked", "A-E-R+q") : network("A-E-R+");
	}
	if (/^https/.test(scope.origin) && /^http:/.test(url)) return is("mixed_content", "mixed");
	if (closed) return is("ad_blocked", "A-E+q");
	// What hides the answers of a server from `no-cors` does not hide them from an EventSource, and takes
	// as long as they do.
	if (witness ? !(await ask(rootOf())) : took < FAR_MS) server._down = now();
	return network("A-E-R-");
};

/** Probe A: whether the server answers at all. */
const askPlainly = async (cheap?: string): Promise<Verdict | undefined> => {
	let a: unknown;
	// Firefox gives no duration to what found no connection.
	if (call._shape.p || !entry || entry.duration) {
		// A `GET` of what was asked with an unsafe method: that can be answered where `HEAD` is not.
		a = await askNoCors(url, safe ? method : "GET");
		measure(true);
	}
	ev = a ? "A+" : "A-";
	if (cheap) return a ? blocked() : network(ev);
	if (a) return;
	ev += "E+";
	return unanswered();
};

/**
 * Probe G: the endpoint does not answer a `GET`, while it answers `HEAD`. What the page asked of it with an
 * unsafe method was not answered either. Firefox shows that by the time, as a policy of the server
 * can hide an answer.
 */
const silent = async () => {
	// WebKit keeps the connection after a `GET`: by how often a preflight on it is sent, one that is reset is
	// told from one that is refused.
	if (safe) return false;
	if (await askNoCors(url, "GET")) return measure(true);
	return firefox ? !repeated(took / ms, MIN_ROOT, MIN_TEN) : scope.EventSource && !(await ask(url));
};

/** Probe P; where the method alone needs the preflight, with the header that is permitted most often. */
const askPreflighted = (cache: RequestCache) =>
	ask(url, {
		method,
		cache,
		headers: (call._shape.by || "content-type").split(",").map((name) => [name, UNSAFE_VALUE]),
	});

/** Probe P got no answer that shows: its preflight was refused, or had none. */
const unpreflighted = async (): Promise<Verdict> => {
	let spent = took;
	if (firefox) {
		return repeated(Math.min(spent, failedMs) / ms, MIN_TEN, MAX_TEN) ? network(`${ev}q`) : blocked();
	}
	// A preflight may be answered sooner than the request itself, and later.
	if (once()) ms = failedMs = Math.min(ms, failedMs);
	const longer = () => spent > MAX_ONCE * failedMs && failedMs > NEAR_MS;
	for (let n = MAX_AGAIN; n-- && longer(); ) {
		await askAgain(url);
		if (!(await askPreflighted("reload"))) spent = Math.min(spent, took);
	}
	// It took longer than the request, however often it is sent: neither was refused.
	if (longer()) return network(`${ev}q`);
	return sentTwice(spent) ? is("unknown", `${ev}q`) : blocked();
};

/** The request passes without its credentials, its method or the values of its headers. */
const passing = async (): Promise<Verdict> => {
	const { c: credentialed, p: preflighted, by } = call._shape;
	// The methods that no preflight forbids.
	const permitted = safe || call._method === "POST";
	let p: Response | undefined;
	if (await silent()) return network(`${ev}G-`);
	if (preflighted) {
		if (!by && !stage && once()) stage = "preflight";
		p = await askPreflighted("no-store");
		ev += p ? "P+" : "P-";
		// A preflight and its answer, unless the browser remembers the preflight.
		if (p && took > MAX_ONCE * ms) ms = Math.min(ms, took / 2);
		if (!by) {
			// The method is judged by what it took.
		} else if (!p || credentialed) {
			// Credentials are judged with the preflight already; unless the request took as long as P took for
			// a preflight and its answer.
			if (!p || !stage) {
				stage = p && ms > FAR_MS && took < MAX_ONCE * failedMs ? "response" : "preflight";
			}
		} else {
			// It failed in less than P took for a preflight and its answer, and in no more than a preflight takes: its
			// preflight failed, and passes now.
			if (!firefox && ms > FAR_MS && took > MAX_ONCE * failedMs && failedMs < MAX_ONCE * (took - ms)) {
				stage = "preflight";
			}
			// The same request, but for what the headers say, or its preflight passes now; or that of another server.
			if (permitted) {
				if ((!safe || !p.ok) && stage !== "preflight") stage = "response";
				else if ((p = await askPreflighted("reload"))) return network(ev);
				else {
					ev += "P-";
					stage = "preflight";
				}
			}
		}
	}
	if (await tooSoon()) return network(`${ev}q`);
	if (preflighted && !p) return unpreflighted();
	// The preflight was answered.
	const spent = failedMs - (p && stage !== "preflight" ? ms : 0);
	if ((safe || stage === "preflight") && sentTenTimes(spent)) {
		return network(`${ev}q`);
	}
	// A connection that was not used before takes its time, too, and nothing is sent twice on it.
	return sentTwice(spent) && (p || server._used) ? is("unknown", `${ev}q`) : blocked();
};

/** Probe B, and what it needs to tell. */
const judged = async (cheap?: string): Promise<Verdict> => {
	// Through the cache as the request itself: where that holds an answer without CORS headers
	// (a missing `Vary: Origin`), it is the fault.
	const askCors = () => ask(url, { method, cache: same ? "default" : "no-store", redirect: "manual" });
	// Firefox makes ten requests of a `GET` that is reset, and is asked first what then settles it; unless
	// its entry says that the first answer passed the checks.
	const plainFirst = cheap || (firefox && same && !entry?.responseStatus);
	let verdict = plainFirst && (await askPlainly(cheap));
	if (verdict) return verdict;
	// What passes the CORS checks is an answer, too, and leads no probe through redirects.
	let b = await askCors();
	let nodes = 1;
	measure(b);
	while (same && b?.status && nodes++ < MAX_NODES) b = await askCors();
	const redirected = b && !b.status;
	if (redirected && repeated(failedMs / took, MIN_LOOP, MAX_LOOP)) return network("BrL");
	if (!plainFirst && !b?.status) {
		verdict = await askPlainly();
		if (verdict) return verdict;
	}
	if (redirected) {
		ev += "Br";
		// Where it leads shows no answer.
		if (firefox && /E/.test(ev)) return network(ev);
		stage = "redirect";
		return blocked();
	}
	if (b) {
		ev += b.ok ? "B+" : "B4";
		return same ? network(ev) : passing();
	}
	ev += nodes > 1 ? "B+B-" : "B-";
	return (await tooSoon()) || (safe && sentTenTimes(failedMs)) ? network(`${ev}q`) : blocked();
};

/**
 * Why a request failed after `afterMs`, by what probes show; where `cheap` is given, by probe A alone. Rejects with the reason where there is no
 * answer. Never proven but by what the browser says of this very request: the server that fails a
 * probe in the same way may have failed the request in another.
 */
export const investigate = (failed: Call, afterMs: number, cheap?: string): Verdict | Promise<Verdict> => {
	server = serverOf(failed);
	const { c: credentialed, p: preflighted } = failed._shape;
	if (now() - server._down! < DOWN_MS) return network("down");
	if (!afford(server)) return is("unknown", "budget");
	call = failed;
	url = urlOf(call);
	ms = Number.POSITIVE_INFINITY;
	safe = /^(GET|HEAD)$/.test(call._method);
	method = safe ? call._method : "HEAD";
	same = safe && !credentialed && !preflighted;
	ev = "";
	firefox = /Firefox/.test(navigator.userAgent);
	const timed = timing(call);
	// Seen from the page it took longer where that was busy.
	failedMs = Math.min((seenMs = afterMs), timed?.duration || afterMs);
	// Under a service worker no entry says anything.
	entry = firefox && !navigator.serviceWorker?.controller ? timed : undefined;
	// Firefox gives a request whose preflight failed no duration, and one whose answer is withheld its own.
	stage = !preflighted || entry?.duration ? "response" : entry && "preflight";
	// With Timing-Allow-Origin the entry of a withheld answer has a size, and no status.
	if (entry?.transferSize && !entry.responseStatus) return is("blocked", "rt", "proven", stage);
	aim(server, failedMs);
	return judged(cheap).catch(async (why) => {
		if (why === "hang" && !safe) {
			// An unsafe method that was answered, of a server that lets HEAD hang.
			if (!ev && (await askNoCors(url, "GET"))) {
				ev = "hangG+";
				return blocked();
			}
		}
		throw why;
	});
};
