// What a page pays for the SDK, for other products, and for neither, side by side in Chromium.
import { brotliCompressSync } from "node:zlib";
import { products } from "../lab/peers";
import { documents, world } from "../test/fixture/browser";
import { intake } from "../test/fixture/intake";
import { pack } from "../test/fixture/pack";
import { until } from "../test/fixture/server";

/** Requests of the page whose reports are counted, as a page that is in use makes them. */
const REQUESTS = 10;
/** What is reported later than this is counted to no one. */
const QUIET_MS = 1500;

const { open, api, edge, close } = await world();
const sink = await intake();

/** Runs in the page: microseconds that one request costs when the network costs nothing, by turns. */
async function turns(url: string): Promise<{ p50: number; p99: number; heap: number; long: number }> {
	const PER_TURN = 50;
	const TURNS = 220;
	const WARM = 20;
	let long = 0;
	new PerformanceObserver((list) => {
		long += list.getEntries().length;
	}).observe({ type: "longtask" });
	const memory = () =>
		(performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
	const before = memory();
	const took: number[] = [];
	for (let turn = 0; turn < TURNS; turn++) {
		const start = performance.now();
		for (let at = 0; at < PER_TURN; at++) await fetch(`${url}?page=${at}`);
		took.push(((performance.now() - start) * 1000) / PER_TURN);
		// What a product does later is not of this turn.
		await new Promise((resolve) => setTimeout(resolve));
	}
	const sorted = took.slice(WARM).sort((a, b) => a - b);
	const at = (share: number) => sorted[Math.floor(share * sorted.length)]!;
	return { p50: at(0.5), p99: at(0.99), heap: memory() - before, long };
}

const rows: Record<string, string | number>[] = [];
const candidates = [
	{ name: "none", setup: "" },
	{
		name: "corswatch",
		setup: `import { start } from "corswatch"; start({ key: "k", url: ${JSON.stringify(edge.origin)}, flushInterval: 500 });`,
	},
	...products,
];
for (const { name, setup } of candidates) {
	await pack("/bench.js", `const url = ${JSON.stringify(sink.origin)};\n${setup}`);
	const script = documents["/bench.js"]!.text;
	// The innermost `fetch` answers at once: what is measured is what is around it.
	const bare = await open(null, {
		after: "/bench.js",
		init: () => {
			const answer = new Response("{}");
			Object.defineProperties(answer, { status: { value: 200 }, clone: { value: () => answer } });
			// Some products leave alone what does not look like the browser's own.
			const bare = Object.assign(async () => answer, {
				toString: () => "function fetch() { [native code] }",
			});
			Object.assign(globalThis, { fetch: bare });
		},
	});
	const cost = await bare.evaluate(turns, `${api.origin}/ok/items`);
	await bare.close();

	const sent = () => [...sink.seen, ...edge.seen].filter(({ method }) => method !== "OPTIONS").length;
	const reported = () => [...sink.texts, ...edge.posts.map(({ text }) => text)].join("").length;
	const [requests, reports] = [sent(), reported()];
	const asked = api.seen.length;
	const page = await open(null, { after: "/bench.js" });
	const { load } = await page.evaluate(async () => {
		const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
		return { load: entry!.loadEventEnd - entry!.responseEnd };
	});
	await page.evaluate(
		async ([url, count]) => {
			for (let at = 0; at < count; at++) await fetch(`${url}?page=${at}`).then((response) => response.text());
		},
		[`${api.origin}/ok/items`, REQUESTS] as const,
	);
	// Products send when the page is hidden at the latest.
	await page.evaluate(() => {
		for (const type of ["freeze", "visibilitychange", "pagehide"])
			document.dispatchEvent(new Event(type, { bubbles: true }));
	});
	let last = -1;
	await until(
		"the last report",
		async () => {
			const same = sent() === last;
			last = sent();
			if (!same) await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
			return same;
		},
		60_000,
	);
	await page.close();
	rows.push({
		name,
		"script, B brotli": setup ? brotliCompressSync(script).length : 0,
		"us per request, p50": Number(cost.p50.toFixed(1)),
		"us per request, p99": Number(cost.p99.toFixed(1)),
		"long tasks": cost.long,
		"heap after 11,000 requests, kB": Math.round(cost.heap / 1000),
		"page load, ms": Number(load.toFixed(1)),
		"reported, B per 10 requests": reported() - reports,
		"requests to report": sent() - requests,
		"requests to the API": api.seen.length - asked,
	});
}
await Promise.all([close(), sink.close()]);
if (process.argv.includes("--json")) console.log(JSON.stringify(rows));
else console.table(Object.fromEntries(rows.map(({ name, ...rest }) => [name, rest])));
