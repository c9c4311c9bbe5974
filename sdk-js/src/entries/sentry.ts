import { findingOf, isProbe, words } from "./finding";

interface Event {
	tags?: Record<string, unknown>;
	breadcrumbs?: { data?: { url?: unknown } }[];
	spans?: { description?: string }[];
	contexts?: Record<string, Record<string, unknown> | undefined>;
}

/**
 * An integration for Sentry: `Sentry.init({ integrations: [corswatchIntegration()] })`. An event of a
 * failed request waits for the verdict, at most ten seconds, and gets the tags `corswatch.outcome`,
 * `corswatch.stage` and `corswatch.confidence` and the context `corswatch`. Probes are left out of
 * its breadcrumbs and of the spans of a transaction.
 */
export const corswatchIntegration = () => ({
	name: "Corswatch",
	async processEvent<E extends object>(event: E, hint?: { originalException?: unknown }): Promise<E> {
		const tagged: Event = event;
		if (tagged.breadcrumbs) tagged.breadcrumbs = tagged.breadcrumbs.filter(({ data }) => !isProbe(data?.url));
		if (tagged.spans) tagged.spans = tagged.spans.filter(({ description }) => !isProbe(description));
		const finding = await findingOf(hint?.originalException);
		if (finding) {
			const said = words(finding);
			tagged.tags = {
				...tagged.tags,
				"corswatch.outcome": said.outcome,
				"corswatch.confidence": said.confidence,
				...(said.stage && { "corswatch.stage": said.stage }),
			};
			tagged.contexts = { ...tagged.contexts, corswatch: { ...said } };
		}
		return event;
	},
});
