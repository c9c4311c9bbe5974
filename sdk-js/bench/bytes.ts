// Bytes of the body that ten requests of three endpoints cost.
import { world } from "../test/fixture/browser";
import { until } from "../test/fixture/server";

const BUDGET = 400;
const { open, api, edge, close } = await world();
const page = await open({ flushInterval: 1000 });
await page.evaluate(async (origin) => {
	for (let i = 0; i < 5; i++) await fetch(`${origin}/ok/items?page=${i}`);
	for (let i = 0; i < 3; i++) await fetch(`${origin}/ok/items/${i}`);
	for (let i = 0; i < 2; i++) {
		await fetch(`${origin}/ok/cart`, { method: "PUT", headers: { "x-custom": "1" } });
	}
}, api.origin);
const post = await until("the beacon", () => edge.posts[0]);
await close();
const bytes = Buffer.byteLength(post.text);
if (process.argv.includes("--json"))
	console.log(JSON.stringify({ requests: 10, endpoints: 3, bytes, budget: BUDGET }));
else console.log(`${bytes} B for 10 requests of 3 endpoints (budget ${BUDGET} B)\n${post.text}`);
process.exitCode = bytes > BUDGET ? 1 : 0;
