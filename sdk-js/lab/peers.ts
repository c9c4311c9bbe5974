// What other products, as their npm packages run in a page, report of the failures that the SDK tells apart.
import { setTimeout as sleep } from "node:timers/promises";
import { world as open, type World } from "../test/fixture/browser";
import { type Intake, intake } from "../test/fixture/intake";
import { pack } from "../test/fixture/pack";

/** A product that is never told of a request has said so by then. */
const TIMEOUT_MS = 8000;
const LOOK_MS = 200;

// biome-ignore lint/suspicious/noExplicitAny: JSON of other products
type Json = any;

/** A product, and how a page has it report. */
export interface Product {
	name: string;
	/** Imports and statements, with `url` of the intake. */
	setup: string;
	/** What is reported of the request to a path. */
	reports(sent: Json[], path: string): string[];
}

const spansOf = (sent: Json[]): Json[] =>
	sent.flatMap(({ resourceSpans = [] }) =>
		resourceSpans.flatMap(({ scopeSpans }: Json) => scopeSpans.flatMap(({ spans }: Json) => spans)),
	);
const SPAN_STATUS = ["unset", "ok", "error"];

export const products: Product[] = [
	{
		name: "@sentry/browser",
		setup: `import * as Sentry from "@sentry/browser";
			Sentry.init({ dsn: url.replace("//", "//public@") + "/1" });`,
		reports: (sent) =>
			sent.flatMap(({ exception }) =>
				(exception?.values ?? []).map(({ type, value }: Json) => `${type}: ${value}`),
			),
	},
	{
		name: "@datadog/browser-rum",
		setup: `import { datadogRum } from "@datadog/browser-rum";
			datadogRum.init({
				clientToken: "pub", applicationId: "00000000-0000-4000-8000-000000000000",
				sessionSampleRate: 100, telemetrySampleRate: 0, allowUntrustedEvents: true, trackResources: true, proxy: url,
			});`,
		reports: (sent, path) =>
			sent.flatMap(({ type, resource, error }) => [
				...(type === "resource" && resource.url.includes(path) ? [`resource ${resource.status_code}`] : []),
				...(type === "error" ? [`error "${error.message}"`] : []),
			]),
	},
	{
		name: "OpenTelemetry, instrumentation-fetch",
		setup: `import { BatchSpanProcessor, WebTracerProvider } from "@opentelemetry/sdk-trace-web";
			import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
			import { registerInstrumentations } from "@opentelemetry/instrumentation";
			import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
			const exporter = new OTLPTraceExporter({ url: url + "/v1/traces" });
			new WebTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 100 })] }).register();
			registerInstrumentations({ instrumentations: [new FetchInstrumentation({ ignoreUrls: [url] })] });`,
		reports: (sent) =>
			spansOf(sent).map(({ status, attributes }) => {
				const shown = attributes
					.filter(({ key }: Json) => /^http\.(status|response)|^error/.test(key))
					.map(({ key, value }: Json) => `${key} ${Object.values(value)}`);
				return `span ${[SPAN_STATUS[status.code], ...shown].join(", ")}`;
			}),
	},
	{
		name: "@grafana/faro-web-sdk",
		setup: `import { getWebInstrumentations, initializeFaro } from "@grafana/faro-web-sdk";
			initializeFaro({ url, app: { name: "shop" }, instrumentations: getWebInstrumentations({ captureConsole: false }) });`,
		reports: (sent) =>
			sent.flatMap(({ exceptions = [] }) =>
				exceptions.map(({ type, value }: Json) => `exception ${type}: ${value}`),
			),
	},
];

interface Failure {
	title: string;
	path: string;
	init?: RequestInit;
	refused?: "refused";
}

const failures: Failure[] = [
	{ title: "answered 500, with CORS headers", path: "/error/peer" },
	{ title: "blocked: no `Access-Control-Allow-Origin`", path: "/noacao/peer" },
	{
		title: "blocked: preflight answered 403",
		path: "/prenoten/peer",
		init: { method: "PUT", headers: { "x-custom": "1" } },
	},
	{ title: "blocked: `*` and credentials", path: "/star/peer", init: { credentials: "include" } },
	{ title: "no connection", path: "/none", refused: "refused" },
	{ title: "reset", path: "/reset/peer" },
];

const sentBy = (texts: string[]): Json[] =>
	texts.flatMap((text) =>
		text.split("\n").flatMap((line) => {
			try {
				return [JSON.parse(line)];
			} catch {
				return [];
			}
		}),
	);

/** Has a page with a product make a request that no one handles, and waits for what is reported. */
async function reported(
	{ browserWorld, sink }: { browserWorld: World; sink: Intake },
	product: Product,
	{ path, init, refused }: Failure,
): Promise<string> {
	const before = sink.texts.length;
	const page = await browserWorld.open(null, { after: "/peer.js" });
	const origin = refused ? browserWorld.refused : browserWorld.api.origin;
	// By a script of the page: Chromium tells no listener of what a driver's script leaves unhandled.
	await page.addScriptTag({ content: `fetch(${JSON.stringify(origin + path)}, ${JSON.stringify(init)})` });
	let found: string[] = [];
	let last = "";
	for (let waited = 0; waited < TIMEOUT_MS; waited += LOOK_MS) {
		await sleep(LOOK_MS);
		await page.evaluate(() => document.dispatchEvent(new Event("freeze", { bubbles: true })));
		found = product.reports(sentBy(sink.texts.slice(before)), path);
		// What comes later than the first report is waited for, too.
		if (found.length && `${found}` === last) break;
		last = `${found}`;
	}
	await page.close();
	return [...new Set(found)].join("; ").replace(/ ?\(?127\.0\.0\.1:\d+\)?/g, "") || "nothing";
}

/** A table of what each product reports of each failure in Chromium, and of what the SDK says. */
export async function peers(): Promise<string[][]> {
	const [browserWorld, sink] = await Promise.all([open(), intake()]);
	const rows = failures.map(({ title }) => [title]);
	for (const product of products) {
		await pack("/peer.js", `const url = ${JSON.stringify(sink.origin)};\n${product.setup}`);
		for (const [at, failure] of failures.entries()) {
			rows[at]!.push(await reported({ browserWorld, sink }, product, failure));
		}
	}
	for (const [at, { path, init, refused }] of failures.entries()) {
		const page = await browserWorld.open();
		const url = (refused ? browserWorld.refused : browserWorld.api.origin) + path;
		await page.evaluate(([url, init]) => void fetch(url, init).catch(() => {}), [url, init] as const);
		const { o, st, stage, ev } = await browserWorld.edge.row(`of ${path}`, ({ ep }) => ep === path);
		rows[at]!.push([o ?? st, stage, ev && `\`${ev}\``].filter(Boolean).join(" "));
		await page.close();
	}
	await Promise.all([browserWorld.close(), sink.close()]);
	return [["", ...products.map(({ name }) => name), "corswatch"], ...rows];
}
