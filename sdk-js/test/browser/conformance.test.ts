// A page beside other products and libraries behaves with the SDK as it does without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world as open, type World } from "../fixture/browser";
import { type Intake, intake } from "../fixture/intake";
import { pack } from "../fixture/pack";

/** What is there beside the SDK, and when the SDK begins. */
const COMPANIONS = ["nothing", "sentry", "datadog", "opentelemetry", "faro", "zone"] as const;
const ORDERS = ["before", "after"] as const;

let world: World;
let sink: Intake;
before(async () => {
	[world, sink] = await Promise.all([open(), intake()]);
	await pack(
		"/conformance.js",
		`import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
		import { datadogRum } from "@datadog/browser-rum";
		import { getWebInstrumentations, initializeFaro } from "@grafana/faro-web-sdk";
		import { registerInstrumentations } from "@opentelemetry/instrumentation";
		import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
		import { XMLHttpRequestInstrumentation } from "@opentelemetry/instrumentation-xml-http-request";
		import { WebTracerProvider } from "@opentelemetry/sdk-trace-web";
		import * as Sentry from "@sentry/browser";
		import axios from "axios";
		import ky from "ky";
		import { ofetch } from "ofetch";
		import { start } from "corswatch";

		const url = ${JSON.stringify(sink.origin)};
		const companions = {
			nothing() {},
			zone() {},
			sentry: () => void Sentry.init({ dsn: url.replace("//", "//public@") + "/1" }),
			datadog: () => datadogRum.init({
				clientToken: "pub", applicationId: "00000000-0000-4000-8000-000000000000",
				sessionSampleRate: 100, telemetrySampleRate: 0, proxy: url,
			}),
			opentelemetry() {
				new WebTracerProvider({ spanProcessors: [] }).register();
				registerInstrumentations({ instrumentations: [new FetchInstrumentation(), new XMLHttpRequestInstrumentation()] });
			},
			faro: () => void initializeFaro({ url, app: { name: "shop" }, instrumentations: getWebInstrumentations({ captureConsole: false }) }),
		};
		const [, companion, order] = location.pathname.split("/");
		const begin = () => start({ key: "k", url: ${JSON.stringify(world.edge.origin)}, flushInterval: 100 });
		if (order === "before") begin();
		companions[companion]();
		if (order === "after") begin();
		// Not by the driver: Chromium tells no listener of what a driver's script leaves unhandled.
		const apollo = (uri) => new ApolloClient({ link: new HttpLink({ uri }), cache: new InMemoryCache() })
			.query({ query: gql\`query Cart { cart }\`, fetchPolicy: "network-only" })
			.then(({ data }) => data);
		Object.assign(window, { apollo, axios, ky, ofetch, behaviour: ${behaviour} });`,
	);
});
after(() => Promise.all([world.close(), sink.close()]));

// biome-ignore lint/suspicious/noExplicitAny: what the script leaves on the window, and errors
type Any = any;

/** Runs in the page: everything that it can compare, in its order. */
async function behaviour({ api, refused }: { api: string; refused: string }): Promise<unknown> {
	const { apollo, axios, ky, ofetch } = window as Any;
	const record: unknown[] = [];
	const seen: string[] = [];
	const unhandled = new Promise<void>((resolve) => {
		addEventListener("unhandledrejection", (event) => {
			seen.push(`unhandled ${event.reason?.name}: ${event.reason?.message}`);
			event.preventDefault();
			resolve();
		});
		addEventListener("error", (event) => {
			seen.push(`error ${event.message}`);
		});
	});
	const told = (error: Any) => ({
		constructor: error?.constructor?.name,
		name: error?.name,
		message: error?.message,
		code: error?.code,
		cause: error?.cause && `${error.cause}`,
		keys: Object.keys(Object(error)).sort(),
		status: error?.response?.status,
	});
	const attempt = async (label: string, run: () => Promise<unknown>) => {
		try {
			const value = (await run()) as Any;
			record.push([
				label,
				value instanceof Response ? [value.status, value.type, await value.text()] : value,
			]);
		} catch (error) {
			record.push([label, told(error)]);
		}
	};
	const aborted = () => {
		const control = new AbortController();
		setTimeout(() => control.abort(), 30);
		return control.signal;
	};
	const addresses = {
		good: `${api}/ok/a`,
		error: `${api}/error/a`,
		blocked: `${api}/noacao/a`,
		refused: `${refused}/a`,
	};
	for (const [kind, url] of Object.entries(addresses)) {
		await attempt(`fetch ${kind}`, () => fetch(url));
		await attempt(`fetch of a request ${kind}`, () =>
			fetch(new Request(url, { headers: { "x-custom": "1" } })),
		);
		await attempt(`axios ${kind}`, () => axios.get(url).then(({ data, status }: Any) => [data, status]));
		await attempt(`axios by fetch ${kind}`, () =>
			axios.get(url, { adapter: "fetch" }).then(({ data, status }: Any) => [data, status]),
		);
		await attempt(`ky ${kind}`, () => ky(url, { retry: 0 }).json());
		await attempt(`apollo ${kind}`, () => apollo(url));
		await attempt(`ofetch ${kind}`, () => ofetch(url, { retry: 0 }));
	}
	await attempt("fetch aborted", () => fetch(`${api}/slow/a`, { signal: aborted() }));
	await attempt("axios aborted", () => axios.get(`${api}/slow/a`, { signal: aborted() }));
	await attempt("axios timed out", () => axios.get(`${api}/slow/a`, { timeout: 30 }));
	await attempt("ky timed out", () => ky(`${api}/slow/a`, { timeout: 30, retry: 0 }).json());
	await attempt("a wrong argument", () => fetch(`${api}/ok/a`, { method: "GET", body: "x" }));
	await attempt("a stream", async () => {
		const { body } = await fetch(`${api}/ok/a`);
		const { value, done } = await body!.getReader().read();
		return [new TextDecoder().decode(value), done];
	});
	const order: string[] = [];
	for (const path of ["/ok/a", "/noacao/a"]) {
		await new Promise<void>((resolve) => {
			const xhr = new XMLHttpRequest();
			for (const type of ["readystatechange", "loadstart", "load", "error", "loadend"]) {
				xhr.addEventListener(type, () => order.push(`${type} ${xhr.readyState} ${xhr.status}`));
			}
			xhr.onloadend = () => setTimeout(resolve);
			xhr.open("GET", api + path);
			xhr.send();
		});
	}
	fetch(`${api}/noacao/nobody`).then(() => {});
	// Zone.js keeps it to itself.
	await Promise.race([unhandled, new Promise((resolve) => setTimeout(resolve, 2000))]);
	// What came once would come twice by now.
	await fetch(`${api}/ok/a`);
	return { record, order, seen, globals: Object.keys(window).sort() };
}

for (const companion of COMPANIONS) {
	test(`beside ${companion}, before and after it, a page with the SDK behaves as one without`, async () => {
		const run = async (order: string) => {
			const page = await world.open(null, {
				...(companion === "zone" && { before: "/zone.js" }),
				after: "/conformance.js",
				path: `/${companion}/${order}`,
			});
			return page
				.evaluate(behaviour, { api: world.api.origin, refused: world.refused })
				.finally(() => page.close());
		};
		const [without, ...others] = await Promise.all([run("never"), ...ORDERS.map(run)]);
		for (const [at, order] of ORDERS.entries()) assert.deepEqual(others[at], without, order);
	});
}
