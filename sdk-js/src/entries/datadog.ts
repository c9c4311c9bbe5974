import { findingOf, isProbe, words } from "./finding";

/** An assembled event; what stands in it differs by its type. */
// biome-ignore lint/suspicious/noExplicitAny: RumEvent of @datadog/browser-rum
type RumEvent = any;
type BeforeSend = (event: RumEvent, context: RumEvent) => unknown;
type AddEvent = (startTime: number, event: RumEvent, domainContext: RumEvent) => void;

/** Errors that wait for a verdict at once; more go as they are. */
const MAX_WAITING = 100;

/**
 * A plugin for Datadog RUM: `datadogRum.init({ plugins: [corswatchPlugin()] })`. Datadog sends what
 * `beforeSend` lets pass at once, so the error event of a failed request is held back until the
 * verdict, at most ten seconds, and then added with its own time, source and stack, and with
 * `corswatch` in its context. A `beforeSend` of yours sees it once, with the verdict. Probes are left out of the resources.
 */
export const corswatchPlugin = () => {
	let add: AddEvent | undefined;
	let waiting = 0;
	const passed = new WeakSet<object>();

	const hold = (event: RumEvent, context: RumEvent): boolean => {
		const found = add && waiting < MAX_WAITING && !passed.has(context) && findingOf(context.error);
		if (!found) return false;
		waiting++;
		// A copy of Datadog's own; what it adds itself it adds again.
		const { date, type, error, context: given, _dd } = event;
		const raw = { date, type, error, context: given, _dd: { debug_ids: _dd?.debug_ids } };
		found.then((finding) => {
			waiting--;
			// Another context, since Datadog's may be shared.
			const domain = { ...context };
			passed.add(domain);
			if (finding) raw.context = { ...raw.context, corswatch: words(finding) };
			add!(date - performance.timeOrigin, raw, domain);
		});
		return true;
	};

	return {
		name: "corswatch",
		onInit({ initConfiguration }: { initConfiguration: { beforeSend?: BeforeSend | undefined } }): void {
			const theirs = initConfiguration.beforeSend;
			initConfiguration.beforeSend = (event, context) =>
				isProbe(event.resource?.url) || (event.type === "error" && hold(event, context))
					? false
					: (theirs?.(event, context) ?? true);
		},
		onRumStart({ addEvent }: { addEvent?: AddEvent | undefined }): void {
			add = addEvent;
		},
	};
};
