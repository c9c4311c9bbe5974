// A page that the browser kept and shows again goes on as it was.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Browser, chromium } from "playwright-core";
import { ARGS, executablePath } from "../fixture/browser";
import { type Servers, servers } from "../fixture/servers";

let world: Servers;
let browser: Browser;
before(async () => {
	const ignoreDefaultArgs = ["--disable-back-forward-cache"];
	[world, browser] = await Promise.all([
		servers(),
		chromium.launch({ executablePath, args: ARGS, ignoreDefaultArgs }),
	]);
});
after(() => Promise.all([browser.close(), world.close()]));

test("a page that comes back out of the back/forward cache counts each request once, and still tells why one fails", async () => {
	const page = await browser.newPage();
	await page.goto(world.page({ flushInterval: 200 }));
	await page.evaluate(async (api) => {
		addEventListener("pageshow", ({ persisted }) => Object.assign(window, { persisted }));
		await fetch(`${api}/ok/before`);
	}, world.api.origin);
	await page.goto(`${world.site.origin.replace("127.0.0.1", "localhost")}/same`);
	await page.goBack({ waitUntil: "commit" });
	await page.waitForFunction("window.persisted !== undefined");
	assert.equal(await page.evaluate("window.persisted"), true, "the browser kept the page");
	await page.evaluate(async (api) => {
		await fetch(`${api}/ok/after`);
		// What fails at once may still be an end of the visit before.
		await new Promise((resolve) => setTimeout(resolve, 1600));
		await fetch(`${api}/noacao/after`).catch(() => {});
	}, world.api.origin);
	const blocked = await world.edge.row("of the failure", ({ ep }) => ep === "/noacao/after");
	assert.deepEqual([blocked.o, blocked.ev], ["blocked", "A+B-"]);
	for (const ep of ["/ok/before", "/ok/after"]) {
		const rows = world.edge.rows().filter((row) => row.ep === ep);
		assert.deepEqual([rows.length, rows[0]?.n], [1, undefined], ep);
	}
	const sessions = new Set(world.edge.posts.map(({ beacon }) => beacon.s));
	assert.equal(sessions.size, 1, "one page load");
});
