// The verdict on the very event of other monitoring products, as their npm packages send it to an intake.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { world as open, type World } from "../fixture/browser";
import { type Intake, intake } from "../fixture/intake";
import { pack } from "../fixture/pack";
import { until } from "../fixture/server";

let world: World;
let sink: Intake;
before(async () => {
	[world, sink] = await Promise.all([open(), intake()]);
});
after(() => Promise.all([world.close(), sink.close()]));

/** A page of this product, with corswatch started before or after it. */
interface Product {
	name: string;
	/** Imports and statements, with `url` of the intake. */
	setup: string;
	/** The event after which it sends at once. */
	flush?: string;
	/** The one event of the failure of a URL. */
	event(texts: string[], path: string): Found | undefined;
}

/** What is said about an event: its time and its verdict. */
interface Found {
	at: number;
	outcome: unknown;
	stage: unknown;
	confidence: unknown;
}

/** The lines of all bodies that are JSON. */
const lines = (texts: string[]) =>
	texts.flatMap((text) =>
		text.split("\n").flatMap((line) => {
			try {
				return [JSON.parse(line)];
			} catch {
				return [];
			}
		}),
	);

/** The one of these; fails where there are more. */
const only = <T>(found: T[], what: string): T | undefined => {
	assert.ok(found.length < 2, `${found.length} events of ${what}`);
	return found[0];
};

// biome-ignore lint/suspicious/noExplicitAny: JSON of other products
type Json = any;

const products: Product[] = [
	{
		name: "Sentry",
		setup: `
			import * as Sentry from "@sentry/browser";
			import { corswatchIntegration } from "corswatch/sentry";
			const setUp = (url) => Sentry.init({
				dsn: url.replace("//", "//public@") + "/1",
				integrations: [corswatchIntegration()],
			});`,
		event(texts, path) {
			const events = lines(texts).filter((it: Json) =>
				it.exception?.values.some(({ value }: Json) => value.includes(path)),
			);
			const it: Json = only(events, path);
			return (
				it && {
					at: it.timestamp * 1000,
					outcome: it.tags?.["corswatch.outcome"],
					stage: it.tags?.["corswatch.stage"],
					confidence: it.tags?.["corswatch.confidence"],
				}
			);
		},
	},
	{
		name: "Datadog RUM",
		flush: "freeze",
		setup: `
			import { datadogRum } from "@datadog/browser-rum";
			import { corswatchPlugin } from "corswatch/datadog";
			const setUp = (url) => datadogRum.init({
				clientToken: "pub",
				applicationId: "00000000-0000-4000-8000-000000000000",
				service: "shop",
				sessionSampleRate: 100,
				telemetrySampleRate: 0,
				allowUntrustedEvents: true,
				proxy: url,
				plugins: [corswatchPlugin()],
				beforeSend: (event) => {
					if (event.type === "error") event.context.mine = true;
					return true;
				},
			});`,
		event(texts, path) {
			const events = lines(texts).filter(
				(it: Json) => it.type === "error" && it.error.message.includes(path),
			);
			const it: Json = only(events, path);
			if (!it) return;
			assert.equal(it.error.source, "source");
			assert.equal(it.error.handling, "unhandled");
			assert.ok(it.context.mine, "a beforeSend of the page");
			const { outcome, stage, confidence } = it.context.corswatch ?? {};
			return { at: it.date, outcome, stage, confidence };
		},
	},
	{
		name: "Grafana Faro",
		setup: `
			import { getWebInstrumentations, initializeFaro } from "@grafana/faro-web-sdk";
			import { corswatchFaro } from "corswatch/faro";
			const setUp = (url) => corswatchFaro(initializeFaro({
				url,
				app: { name: "shop" },
				instrumentations: getWebInstrumentations({ captureConsole: false }),
			}));`,
		event(texts, path) {
			const events = lines(texts)
				.flatMap((it: Json) => it.exceptions ?? [])
				.filter((it: Json) => it.value.includes(path));
			const it: Json = only(events, path);
			return (
				it && {
					at: Date.parse(it.timestamp),
					outcome: it.context?.["corswatch.outcome"],
					stage: it.context?.["corswatch.stage"],
					confidence: it.context?.["corswatch.confidence"],
				}
			);
		},
	},
	{
		name: "OpenTelemetry",
		setup: `
			import { BatchSpanProcessor, WebTracerProvider } from "@opentelemetry/sdk-trace-web";
			import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
			import { registerInstrumentations } from "@opentelemetry/instrumentation";
			import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
			import { XMLHttpRequestInstrumentation } from "@opentelemetry/instrumentation-xml-http-request";
			import { corswatchAttributes, corswatchProcessor } from "corswatch/opentelemetry";
			const setUp = (url) => {
				const exporter = new OTLPTraceExporter({ url: url + "/v1/traces" });
				new WebTracerProvider({
					spanProcessors: [
						corswatchProcessor(new BatchSpanProcessor(exporter, { scheduledDelayMillis: 100 })),
					],
				}).register();
				const config = { applyCustomAttributesOnSpan: corswatchAttributes, ignoreUrls: [url] };
				registerInstrumentations({
					instrumentations: [new FetchInstrumentation(config), new XMLHttpRequestInstrumentation(config)],
				});
			};`,
		event(texts, path) {
			const events = lines(texts)
				.flatMap((it: Json) => it.resourceSpans ?? [])
				.flatMap((it: Json) => it.scopeSpans)
				.flatMap((it: Json) => it.spans)
				.map(({ startTimeUnixNano, attributes }: Json) => ({
					at: startTimeUnixNano / 1e6,
					...Object.fromEntries(attributes.map(({ key, value }: Json) => [key, value.stringValue])),
				}))
				.filter((it: Json) => (it["http.url"] ?? it["url.full"] ?? "").includes(path));
			const it: Json = only(events, path);
			return (
				it && {
					at: it.at,
					outcome: it["corswatch.outcome"],
					stage: it["corswatch.stage"],
					confidence: it["corswatch.confidence"],
				}
			);
		},
	},
];

/** How a page asks. The path stands in the error that becomes the event. */
const asking = `
	import axios from "axios";
	import ky from "ky";
	import { ofetch } from "ofetch";
	// An error whose text names the request, with what it failed with as its cause.
	const named = (path) => (cause) => { throw new Error("cannot ask " + path, { cause }); };
	window.ask = {
		fetch: (url, path) => { fetch(url).catch(named(path)); },
		xhr: (url, path) => { axios.get(url).catch(named(path)); },
		ky: (url, path) => { ky(url, { retry: 0 }).catch(named(path)); },
		ofetch: (url, path) => { ofetch(url, { retry: 0 }).catch(named(path)); },
	};`;

const kinds = ["fetch", "xhr", "ky", "ofetch"];

for (const product of products) {
	const label = product.name.replace(/\W/g, "");
	const eventOf = (page: Page, path: string) =>
		until(`an event of ${path}`, async () => {
			if (product.flush) {
				await page.evaluate(
					(type) => document.dispatchEvent(new Event(type, { bubbles: true })),
					product.flush,
				);
			}
			return product.event(sink.texts, path);
		});

	for (const order of ["before", "after"] as const) {
		test(`${product.name}, with corswatch started ${order} it, gets the verdict on the event itself`, async () => {
			const options = { key: "k", url: world.edge.origin, flushInterval: 100 };
			const start = `start(${JSON.stringify(options)});`;
			const script = `/${label}.js`;
			await pack(
				script,
				`import { start } from "corswatch"; ${asking} ${product.setup}
				if (location.pathname === "/before") ${start}
				setUp(${JSON.stringify(sink.origin)});
				if (location.pathname === "/after") ${start}`,
			);
			const before = sink.texts.length;
			const page = await world.open(null, { after: script, path: `/${order}` });
			const asked = [
				...kinds.map((kind) => ({
					kind,
					origin: world.api.origin,
					path: `/noacao/${label}-${order}-${kind}`,
				})),
				{ kind: "fetch", origin: world.refused, path: `/refused/${label}-${order}` },
			];
			const from = Date.now();
			await page.evaluate((asked) => {
				for (const { kind, origin, path } of asked) (window as Json).ask[kind](origin + path, path);
			}, asked);
			for (const { kind, path } of asked) {
				const { at, ...verdict } = await eventOf(page, path);
				// Whether it is right is for other tests to say: here it is what the edge is told.
				const { o, stage, cf = "likely" } = await world.edge.row(`of ${path}`, ({ ep }) => ep === path);
				assert.deepEqual(verdict, { outcome: o, stage, confidence: cf }, kind);
				assert.ok(
					at - from < 1000,
					`${kind}: the event has its own time, not the verdict's: ${at - from} ms`,
				);
			}
			const probes = sink.texts.slice(before).filter((text) => text.includes("#corswatch"));
			assert.deepEqual(probes, [], "probes are none of the requests of the page");
		});
	}
}
