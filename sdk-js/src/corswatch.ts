import { forget, type Observation, observe } from "./observe";
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

type Stated = Navigator & { globalPrivacyControl?: boolean };

/**
 * Observes the cross-origin requests of this page or worker. Does nothing on a server, in a frame
 * without an origin, where the browser states an opt-out that the options honour, and where another
 * copy already observes; its handle is returned then.
 */
export const start = (options: Options): Handle => {
	let running: Observation | undefined;
	const handle: Handle = {
		stop() {
			if (running) {
				running._end();
				running._flush();
				running = shared[COPY] = undefined;
			}
		},
		flush() {
			running?._flush();
		},
		consent(given) {
			const { optOut } = options;
			if (!given) {
				forget();
				handle.stop();
			} else if (
				!shared[COPY] &&
				// A server has no location, a sandboxed frame no origin that the edge could permit.
				scope.location &&
				/^http/.test(scope.origin) &&
				!(optOut === "off" && ((navigator as Stated).globalPrivacyControl || navigator.doNotTrack === "1"))
			) {
				shared[COPY] = handle;
				running = observe(options, () => handle.consent(false));
			}
		},
	};
	if (options.consent !== false) handle.consent(true);
	return shared[COPY] || handle;
};
