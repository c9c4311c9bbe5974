import type { Handle, Options } from "./options";
import { scope } from "./scope";
import { observe } from "./start";

export type {
	Handle,
	HeaderExpectation,
	Options,
	Probes,
	SignalMode,
	Template,
} from "./options";

/** Shared by all versions, so that two copies in one page count each request once. */
const COPY = Symbol.for("corswatch");

/**
 * Observes the cross-origin requests of this page or worker. Does nothing on a server, where the
 * browser states an opt-out that the options honour, and where another copy already observes; its
 * handle is returned then.
 */
export function start(options: Options): Handle {
	const shared = scope as unknown as Record<symbol, Handle | undefined>;
	const there = shared[COPY];
	if (there) return there;
	let running: Handle | undefined;
	const end = () => {
		running = shared[COPY] = undefined;
	};
	const run = () => {
		const { globalPrivacyControl, doNotTrack } = navigator as Navigator & {
			globalPrivacyControl?: boolean;
		};
		if (
			(options.gpc === "off" && globalPrivacyControl) ||
			(options.dnt === "off" && doNotTrack === "1")
		)
			return;
		running ||= observe(options, end);
		shared[COPY] = handle;
	};
	const handle: Handle = {
		stop() {
			running?.stop();
			end();
		},
		flush() {
			running?.flush();
		},
		consent(given) {
			running?.consent(given);
			if (given) run();
			else end();
		},
	};
	// A server has no location, or no origin; a browser and a worker have both.
	if (scope.location && scope.origin && options.consent !== false) run();
	return handle;
}
