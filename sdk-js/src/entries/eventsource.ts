import { observer } from "./observer";

/**
 * Counts the connections of `EventSource` to other origins, as they open or fail; gives back what ends
 * that. Start corswatch (the module or the full script) as well, before or after.
 */
export const observeEventSource = (): (() => void) => {
	const original = globalThis.EventSource;
	// Not in every worker, and not on a server.
	if (!original) return () => {};
	const watch = (source: EventSource) => {
		let since: number | undefined = performance.now();
		let opened = false;
		const tracked = () => observer()?.track?.("eventsource", source.url, source.withCredentials, since);
		source.addEventListener("open", () => {
			opened = true;
			tracked()?.answered();
			since = undefined;
		});
		source.addEventListener("error", () => {
			// A stream that was open has ended; the next attempt begins when the server said.
			if (!opened) tracked()?.failed(source);
			opened = false;
			since = undefined;
		});
	};
	const patched = new Proxy(original, {
		construct(target, args, as) {
			const source = Reflect.construct(target, args, as);
			try {
				watch(source);
			} catch {
				// The page gets what it asked for.
			}
			return source;
		},
	});
	const { prototype } = original;
	const put = (replacement: typeof EventSource) => {
		globalThis.EventSource = prototype.constructor = replacement;
	};
	put(patched);
	return () => {
		if (globalThis.EventSource === patched) put(original);
	};
};
