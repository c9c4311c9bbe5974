import type { Finding, Observed } from "./options";
import type { Shape } from "./row";

/** Verdicts that are kept for those who ask later. */
const MAX_RECENT = 50;

type Found = Promise<Finding | undefined>;
type Listener = (observed: Observed) => void;

const byError: WeakMap<object, Found> = /* @__PURE__ */ new WeakMap();
const listeners: Set<Listener> = /* @__PURE__ */ new Set();
const recent: Observed[] = [];
let settled: Promise<unknown> = /* @__PURE__ */ Promise.resolve();

/** A request failed after `ms`: the page got `error` for it, and what it was is being found out. */
export const keep = (error: unknown, url: string, ms: number, found: Found): void => {
	if (error && typeof error === "object") byError.set(error, found);
	const told = found.then((finding) => {
		if (!finding) return;
		const observed = { url, ms, finding };
		if (recent.push(observed) > MAX_RECENT) recent.shift();
		for (const listener of listeners) {
			try {
				listener(observed);
			} catch {}
		}
	});
	settled = Promise.all([settled, told]);
};

/** What a failure is found to be, by what the page got for it. */
export const verdictOf = (error: unknown): Found | undefined => byError.get(error as object);

/** Calls with each verdict from now on, and at once with the last ones; gives back what ends that. */
export const watch = (listener: Listener): (() => void) => {
	recent.forEach(listener);
	listeners.add(listener);
	return () => void listeners.delete(listener);
};

const answerListeners: Set<Listener> = /* @__PURE__ */ new Set();

/** A request was answered after `ms`. */
export const pass = (url: () => string, ms: number, shape: Shape): void => {
	if (!answerListeners.size) return;
	const observed = { url: url(), ms, finding: { ...shape, o: "ok", ev: "" } };
	for (const listener of answerListeners) {
		try {
			listener(observed);
		} catch {}
	}
};

/** Calls with each answered request from now on; gives back what ends that. */
export const watchAnswers = (listener: Listener): (() => void) => {
	answerListeners.add(listener);
	return () => void answerListeners.delete(listener);
};

/** The last verdicts, when each failure of before this call has its own. */
export const verdicts = async (): Promise<Observed[]> => {
	await settled;
	return [...recent];
};
