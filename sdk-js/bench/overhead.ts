// Microseconds that the SDK adds to a request, in Chromium: patched and native in turns, so that
// whatever else the machine does hits both.
import { world } from "../test/fixture/browser";

const BUDGET_US = 10;
const { open, api, close } = await world();
const page = await open(
	{ flushInterval: 600_000 },
	{
		init: () => {
			// What is measured is our code, not the network: the innermost `fetch` answers at once.
			const answer = new Response("{}");
			Object.defineProperty(answer, "status", { value: 200 });
			const bare = async () => answer;
			Object.assign(globalThis, { bare, fetch: new Proxy(bare, {}) });
			Object.assign(globalThis, { bareFetch: fetch });
		},
	},
);
const result = await page.evaluate(async (origin) => {
	const { bareFetch } = globalThis as unknown as { bareFetch: typeof fetch };
	const calls: [string, RequestInit | undefined][] = [
		[`${origin}/ok/items?page=1`, undefined],
		[`${origin}/ok/items/1042`, { credentials: "include" }],
		[
			`${origin}/ok/cart`,
			{
				method: "PUT",
				headers: { "content-type": "application/json", authorization: "Bearer x" },
				body: "{}",
			},
		],
	];
	const PER_TURN = 500;
	const turn = async (ask: typeof fetch) => {
		const start = performance.now();
		for (let i = 0; i < PER_TURN; i++) {
			const [url, init] = calls[i % 3]!;
			await ask(url, init);
		}
		return ((performance.now() - start) * 1000) / PER_TURN;
	};
	const native: number[] = [];
	const patched: number[] = [];
	for (let i = 0; i < 60; i++) {
		native.push(await turn(bareFetch));
		patched.push(await turn(fetch));
	}
	// The first turns warm the compiler up; a low percentile leaves out what other processes cost.
	const tenth = (list: number[]) => list.slice(10).sort((a, b) => a - b)[5]!;
	const half = (list: number[]) => list.slice(10).sort((a, b) => a - b)[25]!;
	return {
		native: tenth(native),
		patched: tenth(patched),
		nativeMedian: half(native),
		patchedMedian: half(patched),
		turns: 50,
		perTurn: PER_TURN,
	};
}, api.origin);
await close();
const added = result.patched - result.native;
if (process.argv.includes("--json"))
	console.log(JSON.stringify({ ...result, added_us: added, budget_us: BUDGET_US }));
else
	console.log(
		`${added.toFixed(2)} us added per request (native ${result.native.toFixed(2)}, patched ${result.patched.toFixed(2)}; medians ${result.nativeMedian.toFixed(2)}, ${result.patchedMedian.toFixed(2)}; budget ${BUDGET_US} us)`,
	);
process.exitCode = added > BUDGET_US ? 1 : 0;
