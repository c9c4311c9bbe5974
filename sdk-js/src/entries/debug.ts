import type { Handle, Observed } from "../options";
import { methodOf, sentence } from "./advice";
import { panel } from "./panel";

const NAME = "corswatch: ";

/** What lets a listener of verdicts be told; warns where the handle is that of the default script. */
const watch = (handle: Handle, listener: (observed: Observed) => void): (() => void) => {
	if (!handle.watch)
		console.warn(`${NAME}the default script keeps no verdicts; use the module or corswatch-full.js`);
	return handle.watch?.(listener) ?? (() => {});
};

/** Explains each verdict in the console, those so far and those to come; gives back what ends that. */
export const explainVerdicts = (handle: Handle): (() => void) =>
	watch(handle, ({ url, finding }) => {
		const write = /^(aborted|unloaded)$/.test(finding.o) ? console.debug : console.warn;
		write(NAME + sentence(url, finding), finding);
	});

/**
 * Shows the verdicts in a corner of the page, newest first; gives back what takes the panel away. A
 * page has one at most.
 */
export const showPanel = (handle: Handle): (() => void) => {
	const { add, remove } = panel();
	const end = watch(handle, ({ url, finding }) => add(finding.o, sentence(url, finding)));
	return () => {
		end();
		remove();
	};
};

/** What the page of production will be, and how it can be asked about. */
export interface Production {
	/** Origin of the page in production, such as `https://shop.example`. */
	origin: string;
	/**
	 * Asks someone who can read all headers why a request will be blocked there; the Vite plugin gives
	 * one. Without it only what the address shows is told.
	 */
	ask?(observed: Observed, origin: string): Promise<string | undefined>;
}

/** Addresses that only this machine or its network knows. */
const LOCAL =
	/^https?:\/\/(localhost|127\.|\[::1|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|[^/]+\.local[:/])/;

/** Why an address cannot work in production. */
const doomed = (url: string, origin: string): string | undefined => {
	if (LOCAL.test(url) && !LOCAL.test(`${origin}/`))
		return "its host is known to this machine or network alone";
	return /^https:/.test(origin) && /^http:/.test(url)
		? "a secure page may not ask http: addresses"
		: undefined;
};

/**
 * Development: writes to the console which requests that work here will be blocked in production, and
 * why, each endpoint once; gives back what ends that.
 */
export const hintProduction = (handle: Handle, { origin, ask }: Production): (() => void) => {
	const told = new Set<string>();
	const listener = async (observed: Observed) => {
		const { url, finding } = observed;
		const { to, ep, by, c } = finding;
		const m = methodOf(finding.m);
		const key = [to, ep, m, by, c].join(" ");
		if (told.has(key)) return;
		told.add(key);
		const why = doomed(url, origin) ?? (await ask?.(observed, origin));
		if (why) console.warn(`${NAME}${m} ${url} will be blocked in production (${origin}) because ${why}`);
	};
	return handle.watchAnswers?.((observed) => void listener(observed).catch(() => {})) ?? (() => {});
};
