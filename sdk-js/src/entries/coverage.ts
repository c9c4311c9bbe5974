import { observer } from "./observer";

/** What corswatch sees of a page, and what not. */
export interface Coverage {
	/**
	 * Requests to other origins by `fetch` and `XMLHttpRequest` that began before the observation; all so far
	 * where nothing observes. Those in `no-cors` mode are among them: Resource Timing does not tell them apart.
	 */
	early: number;
	/** Whether the browser's buffer of Resource Timing is full, so that `early` may be too small. */
	full: boolean;
	/** Frames of the document that a copy of corswatch observes. */
	framesSeen: number;
	/** Frames of this origin that none observes. */
	framesUnseen: number;
	/** Frames of other origins: whether one observes them only they know. */
	framesForeign: number;
	/** Workers started since `countWorkers`; each is seen only by a copy that runs in it. */
	workers: number;
}

/** What browsers keep unless a page asks for more. */
const BUFFER = 250;
const COPY = Symbol.for("corswatch");

let workers = 0;

/** Counts the workers that the page starts from here on; gives back what ends that. */
export const countWorkers = (): (() => void) => {
	const ends = (["Worker", "SharedWorker"] as const).map((name) => {
		const original = globalThis[name];
		if (!original) return () => {};
		const { prototype } = original;
		const patched = new Proxy(original, {
			construct(target, args, as) {
				const worker = Reflect.construct(target, args, as);
				workers++;
				return worker;
			},
		});
		const put = (replacement: unknown) => {
			Object.assign(globalThis, { [name]: replacement });
			prototype.constructor = replacement as typeof prototype.constructor;
		};
		put(patched);
		return () => {
			if (globalThis[name] === patched) put(original);
		};
	});
	return () => {
		for (const end of ends) end();
	};
};

const frames = (): Pick<Coverage, "framesSeen" | "framesUnseen" | "framesForeign"> => {
	const counts = { framesSeen: 0, framesUnseen: 0, framesForeign: 0 };
	for (const frame of globalThis.document?.querySelectorAll("iframe, frame") ?? []) {
		try {
			const inner = (frame as HTMLIFrameElement).contentWindow as unknown as Record<symbol, unknown>;
			counts[inner[COPY] ? "framesSeen" : "framesUnseen"]++;
		} catch {
			counts.framesForeign++;
		}
	}
	return counts;
};

/** What corswatch sees of this page at this moment, and what not. */
export const coverage = (): Coverage => {
	const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
	const since = observer()?.since ?? Infinity;
	const early = entries.filter(
		({ name, initiatorType, startTime }) =>
			/^(fetch|xmlhttprequest)$/.test(initiatorType) &&
			startTime < since &&
			new URL(name).origin !== globalThis.origin,
	);
	return { early: early.length, full: entries.length >= BUFFER, ...frames(), workers };
};
