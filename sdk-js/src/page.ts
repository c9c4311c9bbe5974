import { elapsed, type Instant, now } from "./clock";
import { listen } from "./scope";

/** Requests that fail this soon after the page began to go away failed because of that. */
const LEAVING_MS = 1500;
const MAX_VIOLATIONS = 20;

/** What the page itself tells about failures: that it goes away, and what its policy blocks. */
export interface Page {
	_leaving(): boolean;
	_forbids(url: string): boolean;
}

/** Watches the page. */
export function watch(): Page {
	let left: Instant | undefined;
	const violations: string[] = [];
	const leave = () => {
		left = now();
	};
	if (scopeIsPage()) {
		// Chromium rejects just after `pagehide`, Firefox and WebKit up to 700 ms before it.
		listen(window, "pagehide", leave);
		listen(window, "beforeunload", leave);
	}
	listen(globalThis as unknown as EventTarget, "securitypolicyviolation", (event) => {
		const { disposition, blockedURI } = event as SecurityPolicyViolationEvent;
		if (disposition === "enforce" && violations.unshift(blockedURI) > MAX_VIOLATIONS) violations.pop();
	});
	return {
		_leaving: () => !!left && elapsed(left) < LEAVING_MS,
		_forbids: (url) => violations.some((blocked) => blocked && url.startsWith(blocked)),
	};
}

const scopeIsPage = () => typeof document !== "undefined";
