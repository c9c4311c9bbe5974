import type { Finding, Handle } from "../options";
import { observer } from "./observer";

/** After these the page may never run again: what waits must be sent before. */
const LAST_CHANCES = ["pagehide", "visibilitychange"];
/** A verdict that takes longer is not waited for. */
const MAX_WAIT_MS = 10_000;
/** An error stands for another at most this many times. */
const MAX_CAUSES = 4;

/** What libraries put around what a request failed with: axios its XHR as `request`, others a `cause`. */
const inner = (error: unknown): unknown[] => {
	try {
		const { cause, request } = error as { cause?: unknown; request?: unknown };
		return [cause, request];
	} catch {
		return [];
	}
};

const lookUp = (error: unknown, depth = 0): ReturnType<NonNullable<Handle["verdictOf"]>> => {
	if (!error || typeof error !== "object" || depth > MAX_CAUSES) return;
	const found = observer()?.verdictOf?.(error);
	if (found) return found;
	for (const other of inner(error)) {
		const found = lookUp(other, depth + 1);
		if (found) return found;
	}
	return;
};

/**
 * What the failed request behind an error is found to be; undefined where there is none. The promise
 * ends within ten seconds, and when the page goes away or is hidden: then with undefined.
 */
export const findingOf = (error: unknown): Promise<Finding | undefined> | undefined => {
	const found = lookUp(error);
	return (
		found &&
		new Promise((resolve) => {
			const end = (finding?: Finding) => {
				for (const type of LAST_CHANCES) removeEventListener(type, gone, true);
				resolve(finding);
			};
			const gone = () => end();
			for (const type of LAST_CHANCES) addEventListener(type, gone, true);
			setTimeout(gone, MAX_WAIT_MS);
			found.then(end);
		})
	);
};

/** A finding in full words. */
export interface Words {
	/** `blocked`, `network`, `aborted` and so on. */
	outcome: string;
	/** Of a block: `preflight`, `response`, `redirect` or `unknown`. */
	stage?: string;
	/** `proven` or `likely`. */
	confidence: string;
	/** Evidence code. */
	evidence: string;
	/** Origin of the server. */
	server: string;
	/** Endpoint. */
	endpoint: string;
	/** Method. */
	method: string;
}

/** Says it in full words. */
export const words = ({ o, stage, cf, ev, to, ep, m }: Finding): Words => ({
	outcome: o,
	...(stage && { stage }),
	confidence: cf || "likely",
	evidence: ev,
	server: `${to}`,
	endpoint: ep,
	method: m || "GET",
});

/** As a flat list of texts, whose names begin with `corswatch.`. */
export const flat = (finding: Finding): Record<string, string> =>
	Object.fromEntries(Object.entries(words(finding)).map(([name, value]) => [`corswatch.${name}`, value]));

/** Whether an address is that of a probe, which other products take for a request of the page. */
export const isProbe = (url: unknown): boolean => /#corswatch$/.test(`${url}`);
