import { observer } from "./observer";

/** Fonts are always asked for in CORS mode, by style sheets that say nothing of it. */
const FONT = /\.(woff2?|[ot]tf)([?#]|$)/i;
/** Addresses whose last request is known; more are forgotten. */
const MAX_KNOWN = 500;

type Loads = HTMLElement & {
	crossOrigin: string | null;
	src?: string;
	href?: string;
	currentSrc?: string;
	rel?: string;
	type?: string;
};

/** When the last request that was counted began, by address. */
const known = new Map<string, number>();

const count = (url: string, credentialed: boolean, good: boolean, from: unknown): void => {
	const entry = performance.getEntriesByName(url).pop() as PerformanceResourceTiming | undefined;
	// A preload and what uses it are one request.
	if (entry && known.get(url) === entry.startTime) return;
	if (entry) known.set(url, entry.startTime);
	if (known.size > MAX_KNOWN) known.clear();
	const tracked = observer()?.track?.(
		"elements",
		url,
		credentialed,
		entry && (good ? performance.now() - entry.duration : entry.startTime),
	);
	// Of an answer that passes the CORS checks the status shows, whatever the element makes of it. One
	// that is withheld has 0; Firefox calls a `modulepreload` loaded all the same.
	const status = entry?.responseStatus;
	if (status || (good && !(status === 0 && entry!.initiatorType === "link"))) tracked?.answered(status);
	else tracked?.failed(from);
};

/** An element of the page has loaded, or not. */
const heard = ({ type, target }: Event): void => {
	let element = target as Loads | null;
	// A source or a track asks as its media element does.
	const url = element?.currentSrc || element?.src || element?.href;
	if (/^(SOURCE|TRACK)$/.test(element?.tagName || "")) element = element!.parentElement as Loads;
	if (!url || !element) return;
	const mode =
		element.crossOrigin ?? (element.type === "module" || element.rel === "modulepreload" ? "" : null);
	if (mode !== null) count(url, mode === "use-credentials", type !== "error", target);
};

/** A dynamic import failed, and no one minded. */
const rejected = ({ reason }: PromiseRejectionEvent): void => {
	const url = /dynamically imported module: (\S+)/.exec(reason?.message)?.[1];
	if (url) count(url, false, false, reason);
};

/**
 * Counts what elements ask of other origins in CORS mode: module scripts, fonts of style sheets, and
 * scripts, styles, images, preloads and media with `crossorigin`; gives back what ends that. Start
 * corswatch (the module or the full script) as well, before or after.
 */
export const observeElements = (): (() => void) => {
	if (!globalThis.document) return () => {};
	const types = ["error", "load", "loadeddata"];
	for (const type of types) document.addEventListener(type, heard, true);
	addEventListener("unhandledrejection", rejected);
	const fonts = new PerformanceObserver((list) => {
		for (const { name, initiatorType, responseStatus } of list.getEntries() as PerformanceResourceTiming[]) {
			if (FONT.test(name) && initiatorType !== "link" && responseStatus >= 0) {
				count(name, false, responseStatus > 0, undefined);
			}
		}
	});
	fonts.observe({ type: "resource", buffered: true });
	return () => {
		for (const type of types) document.removeEventListener(type, heard, true);
		removeEventListener("unhandledrejection", rejected);
		fonts.disconnect();
	};
};
