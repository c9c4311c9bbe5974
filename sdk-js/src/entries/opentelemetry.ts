import { findingOf, flat, isProbe } from "./finding";

/** As much of a `SpanProcessor` as is used. */
interface Processor<S, C, R> {
	onStart(span: S, context: C): void;
	onEnd(span: R): void;
	forceFlush(): Promise<void>;
	shutdown(): Promise<void>;
}

/** What the instrumentation of a request ended with: an error, or its XHR. */
const ends = new WeakMap<object, unknown>();

/** For `applyCustomAttributesOnSpan` of the instrumentations of `fetch` and `XMLHttpRequest`. */
export const corswatchAttributes = (span: object, ...[request, result]: unknown[]): void => {
	// The instrumentation of XMLHttpRequest gives the XHR alone.
	ends.set(span, result ?? request);
};

/**
 * Puts a span processor around another: the span of a failed request goes on to it with the verdict, as
 * attributes `corswatch.outcome`, `corswatch.stage` and so on, when that is found, at most ten seconds
 * later. `forceFlush` and `shutdown` wait for the spans that wait. Spans of
 * probes are dropped: corswatch sends them through the instrumented `fetch` where it is started later.
 */
export const corswatchProcessor = <S, C, R extends object>(next: Processor<S, C, R>): Processor<S, C, R> => {
	const waiting = new Set<Promise<void>>();
	const settled = async () => {
		await Promise.all(waiting);
	};
	return {
		onStart: (span, context) => next.onStart(span, context),
		onEnd(span) {
			const { attributes = {} } = span as { attributes?: Record<string, unknown> };
			if (isProbe(attributes["url.full"] ?? attributes["http.url"])) return;
			const found = findingOf(ends.get(span));
			if (!found) return next.onEnd(span);
			const tagged = found.then((finding) => {
				waiting.delete(tagged);
				// An ended span refuses `setAttribute`.
				if (finding) Object.assign(attributes, flat(finding));
				next.onEnd(span);
			});
			waiting.add(tagged);
		},
		forceFlush: () => settled().then(() => next.forceFlush()),
		shutdown: () => settled().then(() => next.shutdown()),
	};
};
