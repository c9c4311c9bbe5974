// What probes cost the good requests of a page on a bad day, in three engines: the same page with and without
// the SDK in turns, so that whatever else the machine does hits both.
import { engines, start } from "../test/fixture/engine";
import { servers } from "../test/fixture/servers";

const ROUNDS = 4;
const REQUESTS = 200;
/** Goal: the 99th percentile with the SDK minus that without it. */
const GOAL_MS = 50;

/** Runs in the page: good requests by the side of failing ones of many kinds, to one server. */
const badDay = async ({ api, requests, round }: { api: string; requests: number; round: string }) => {
	const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
	const failing: [string, RequestInit][] = [
		["noacao", {}],
		["hanghead", { method: "POST", body: "a=1" }],
		["reset", {}],
		["preheader", { headers: { "x-custom": "1" } }],
		["postreset", { method: "POST", body: "a=1" }],
		["mismatch", { credentials: "include" }],
	];
	const durations: number[] = [];
	const pending: Promise<unknown>[] = [];
	for (let i = 0; i < requests; i++) {
		if (i % 8 === 0) {
			const [kind, init] = failing[(i / 8) % failing.length]!;
			const name = String.fromCharCode(97 + ((i / 8) % 26));
			pending.push(fetch(`${api}/${kind}/${round}/${name}`, init).catch(() => {}));
		}
		const from = performance.now();
		pending.push(
			fetch(`${api}/ok/good/${round}`)
				.then((response) => response.text())
				.then(() => durations.push(performance.now() - from)),
		);
		await pause(25);
	}
	await Promise.all(pending);
	return durations;
};

const percentile = (list: number[], share: number) =>
	[...list].sort((a, b) => a - b)[Math.floor(share * (list.length - 1))]!;

const results = [];
for (const name of engines) {
	const world = await servers();
	const engine = await start(name);
	const durations = { without: [] as number[], with: [] as number[] };
	for (let round = 0; round < ROUNDS; round++) {
		for (const variant of ["without", "with"] as const) {
			const tab = await engine.open(world.page(variant === "with" ? {} : null));
			const argument = { api: world.api.origin, requests: REQUESTS, round: `${variant}${round}` };
			durations[variant].push(...(await tab.evaluate(badDay, argument)));
			await tab.close();
		}
	}
	await engine.close();
	await world.close();
	const of = (list: number[]) => ({
		p50: Math.round(percentile(list, 0.5)),
		p99: Math.round(percentile(list, 0.99)),
	});
	const added = of(durations.with).p99 - of(durations.without).p99;
	results.push({ engine: name, without: of(durations.without), with: of(durations.with), added });
}
if (process.argv.includes("--json")) console.log(JSON.stringify({ goal_ms: GOAL_MS, results }));
else
	for (const { engine, without, with: sdk, added } of results) {
		console.log(
			`${engine}: p50 ${without.p50} -> ${sdk.p50} ms, p99 ${without.p99} -> ${sdk.p99} ms with the SDK (${added} ms more; goal ${GOAL_MS})`,
		);
	}
process.exitCode = results.some(({ added }) => added > GOAL_MS) ? 1 : 0;
