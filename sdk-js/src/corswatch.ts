import { begin, end, flush, forget } from "./observe";
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

/**
 * Observes the cross-origin requests of this page or worker. Does nothing on a server, in a frame
 * without an origin, where the browser states an opt-out that the options honour, and where another
 * copy already observes; its handle is returned then.
 */
export const start = (options: Options): Handle => {
	const handle: Handle = {
		stop() {
			if (scope[COPY] === handle) {
				end();
				flush();
				scope[COPY] = undefined;
			}
		},
		flush() {
			if (scope[COPY] === handle) flush();
		},
		consent(given) {
			if (!given) {
				forget();
				handle.stop();
			} else if (
				!scope[COPY] &&
				// A server has no location, a sandboxed frame no origin that the edge could permit.
				scope.location &&
				/^http/.test(scope.origin) &&
				!(options.optOut === "off" && (scope.navigator.globalPrivacyControl || navigator.doNotTrack === "1"))
			) {
				scope[COPY] = handle;
				begin(options, () => handle.consent(false));
			}
		},
	};
	if (options.consent !== false) handle.consent(true);
	return scope[COPY] || handle;
};
