import { checked, warn } from "./check";
import { begin, end, flush, forget } from "./observe";
import type { Handle, Options } from "./options";
import { COPY, scope } from "./scope";
import { track } from "./track";
import { full } from "./variant";
import { verdictOf, verdicts, watch, watchAnswers } from "./verdicts";

export type {
	Finding,
	Handle,
	HeaderExpectation,
	Observed,
	Options,
	OptOut,
	Probes,
	Template,
	Tracked,
} from "./options";

/**
 * Observes the cross-origin requests of this page or worker. Does nothing on a server, in a frame
 * without an origin, where the browser states an opt-out that the options honour, and where another
 * copy already observes; its handle is returned then. Never throws: what is wrong with the options is
 * one warning in the console, and where `key` or `url` is, or the page's `fetch` cannot be replaced,
 * nothing is observed.
 */
export const start = (given: Options): Handle => {
	let stopped: unknown;
	let options: Options | undefined;
	const pause = () => {
		if (scope[COPY] === handle) {
			end();
			flush();
			scope[COPY] = undefined;
		}
	};
	const grant = (asked?: unknown) => {
		try {
			options ||= checked(given);
			if (
				options.key &&
				options.url &&
				(asked || options.consent !== false) &&
				!stopped &&
				!scope[COPY] &&
				!(options.optOut === "off" && (scope.navigator.globalPrivacyControl || navigator.doNotTrack === "1"))
			) {
				scope[COPY] = handle;
				if (full) handle.since = performance.now();
				begin(options, () => {
					forget();
					handle.stop();
				});
			}
		} catch (error) {
			warn(`cannot observe: ${error}`);
			end();
			pause();
		}
	};
	const handle: Handle = {
		stop() {
			stopped = 1;
			pause();
		},
		flush() {
			if (scope[COPY] === handle) flush();
		},
		consent(granted) {
			if (granted) grant(1);
			else {
				forget();
				pause();
			}
		},
	};
	if (full) Object.assign(handle, { track, verdictOf, verdicts, watch, watchAnswers });
	// A server has no location, a sandboxed frame no origin that the edge could permit.
	if (scope.location && /^http/.test(scope.origin)) grant();
	else stopped = 1;
	return scope[COPY] || handle;
};
