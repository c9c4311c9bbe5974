import { findingOf, flat, isProbe } from "./finding";

interface PushOptions {
	context?: Record<string, string>;
	originalError?: Error;
	timestampOverwriteMs?: number;
	spanContext?: unknown;
}
// biome-ignore lint/suspicious/noExplicitAny: PushErrorOptions differ between the releases of Faro
type PushError = (error: Error, options?: any) => void;

/** The error of the event that is being told about: Faro's own listeners pass on its text alone. */
const told = (): unknown => {
	const event = globalThis.event as Partial<PromiseRejectionEvent & ErrorEvent> | undefined;
	return event?.reason ?? event?.error;
};

interface Item {
	payload?: { attributes?: Record<string, unknown> };
}

interface Faro {
	api: { pushError: PushError };
	// biome-ignore lint/suspicious/noExplicitAny: TransportItem of Faro
	transports: { addBeforeSendHooks(...hooks: ((item: any) => any)[]): void };
}

/**
 * Tags the exceptions of Grafana Faro: `corswatchFaro(initializeFaro({ .. }))`. The exception of a
 * failed request waits for the verdict, at most ten seconds, keeps its time, and gets it in its context
 * as `corswatch.outcome`, `corswatch.stage` and so on. Probes are left out of Faro's resources.
 */
export const corswatchFaro = <F extends Faro>(faro: F): F => {
	const { api } = faro;
	faro.transports.addBeforeSendHooks((item: Item) => (isProbe(item.payload?.attributes?.name) ? null : item));
	const pushError = api.pushError.bind(api);
	api.pushError = (error: Error, options: PushOptions = {}) => {
		const found = findingOf(options.originalError) ?? findingOf(error) ?? findingOf(told());
		if (!found) return pushError(error, options);
		const timestampOverwriteMs = options.timestampOverwriteMs ?? Date.now();
		found.then((finding) =>
			pushError(error, {
				...options,
				timestampOverwriteMs,
				context: { ...options.context, ...(finding && flat(finding)) },
			}),
		);
	};
	return faro;
};
