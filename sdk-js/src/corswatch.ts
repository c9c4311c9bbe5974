import { end, forget, observe } from "./observe";
import type { Handle, Options } from "./options";
import { scope } from "./scope";

export type {
	Handle,
	HeaderExpectation,
	Options,
	OptOut,
	Probes,
	Template,
} from "./options";

/** Shared by all versions, so that two copies in one page count each request once. */
const COPY = Symbol.for("corswatch");
const shared = scope as unknown as Record<symbol, Handle | undefined>;

/**
 * Observes the cross-origin requests of this page or worker. Does nothing on a server, in a frame
 * without an origin, where the browser states an opt-out that the options honour, and where another
 * copy already observes; its handle is returned then.
 */
export const start = (options: Options): Handle => {
	let flush: (() => void) | undefined;
	const handle: Handle = {
		stop() {
			if (flush) {
				end();
				flush();
				flush = shared[COPY] = undefined;
			}
		},
		flush() {
			flush?.();
		},
		consent(given) {
			if (!given) {
				forget();
				handle.stop();
			} else if (!shared[COPY]) {
				shared[COPY] = handle;
				flush = observe(options, () => handle.consent(false));
			}
		},
	};
	// A server has no location, a sandboxed frame no origin that the edge could permit.
	if (
		scope.location &&
		/^http/.test(scope.origin) &&
		options.consent !== false &&
		!(
			options.optOut === "off" &&
			((navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl || navigator.doNotTrack === "1")
		)
	) {
		handle.consent(true);
	}
	return shared[COPY] || handle;
};
