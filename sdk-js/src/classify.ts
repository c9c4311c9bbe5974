import { type Call, urlOf } from "./call";
import { now } from "./clock";
import { investigate, is } from "./investigate";
import type { Probes } from "./options";
import type { Verdict } from "./row";
import { sleep } from "./scope";
import { serverOf } from "./traffic";
import { limits } from "./transport";

/** A violation is reported a little after the rejection, as is Firefox's Resource Timing entry. */
const SETTLE_MS = 60;
/** A verdict stands this long for repeats. */
const VERDICT_MS = 60_000;
/** Requests that fail this soon after the page began to go away failed because of that. */
const LEAVING_MS = 1500;
const MAX_VIOLATIONS = 20;
/** Bodies of `keepalive` requests in progress, all together. */
const KEEPALIVE_BYTES = 65_536;
/** A verdict on a shape of request. */
interface Known {
	_at: number;
	_verdict: Promise<Verdict>;
}

const known: Record<string, Known | undefined> = {};
let violations: string[] = [];
let left = 0;
/** Ends when everything that was to be asked so far has ended. */
let turn: Promise<unknown> = Promise.resolve();

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
	delete known[call._key];
	const server = serverOf(call);
	server._down = 0;
	server._used = true;
};

/** What shows without a probe, and else what an investigation shows when its turn has come. */
const settle = async (call: Call, probes: Probes | undefined, ms: number): Promise<Verdict> => {
	await sleep(SETTLE_MS);
	const url = urlOf(call);
	if (violations.some((blocked) => blocked && url.startsWith(blocked))) return is("csp", "csp", "proven");
	const ask = () => {
		// The strictest of what page and edge permit.
		const may = ["off", "cheap"].find((word) => word === probes || limits.includes(`=${word}`));
		return may === "off" ? is("unknown", may) : investigate(call, ms, may);
	};
	const mine = turn.then(ask, ask);
	turn = mine;
	return mine;
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
	const end = call._signal?.aborted || /^abort/i.test(name) ? "abort" : name === "timeout" && name;
	if (end) return is("aborted", end, "proven");
	// Firefox ends an XHR of a page that goes away with neither `error` nor `abort`.
	if (now() - left < LEAVING_MS || name === "readystatechange") return is("unloaded", "unload");
	// Wrong arguments reject at once, with a text of their own that Chromium and Firefox begin with
	// the name of the method; a failed request has the one generic text of its engine (WebKit has
	// some more, never at once).
	if (message && !/^(Failed to fe|Net|Load)/.test(message) && (ms < 5 || /fetch[':]/.test(message))) return;
	if (call._keepalive && new Blob([call._body as string]).size > KEEPALIVE_BYTES) {
		return is("unknown", "quota");
	}
	let entry = known[call._key];
	if (!entry || now() - entry._at > VERDICT_MS) {
		const verdict = settle(call, probes, ms).catch((why) => is("unknown", why));
		known[call._key] = entry = { _at: now(), _verdict: verdict };
	}
	return entry._verdict;
};
