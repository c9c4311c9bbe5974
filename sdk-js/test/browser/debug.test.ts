// The debug entry: what it writes to the console and shows in the page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { world as open, type World } from "../fixture/browser";
import { pack } from "../fixture/pack";
import { until } from "../fixture/server";

let world: World;
before(async () => {
	world = await open();
	await pack(
		"/debug.js",
		`import { start } from "corswatch";
		import { explainVerdicts, hintProduction, showPanel } from "corswatch/debug";
		window.begin = () => start(${JSON.stringify({ key: "k", url: world.edge.origin, flushInterval: 100 })});
		Object.assign(window, { explainVerdicts, hintProduction, showPanel });`,
	);
});
after(() => world.close());

// biome-ignore lint/suspicious/noExplicitAny: what the script leaves on the window
type Window = any;

async function opened(): Promise<{ page: Page; lines: string[] }> {
	const page = await world.open(null, { after: "/debug.js" });
	const lines: string[] = [];
	page.on("console", (message) => {
		if (message.text().startsWith("corswatch: ")) lines.push(message.text());
	});
	return { page, lines };
}

const fails = (page: Page, path: string, init?: RequestInit) =>
	page.evaluate(
		({ url, init }) =>
			fetch(url, init).then(
				() => {},
				() => {},
			),
		{
			url: world.api.origin + path,
			init,
		},
	);

test("each verdict is explained in the console, those before and those after", async () => {
	const { page, lines } = await opened();
	await page.evaluate(() => void ((window as Window).handle = (window as Window).begin()));
	await fails(page, "/noacao/before");
	await page.evaluate(() => void (window as Window).explainVerdicts((window as Window).handle));
	await fails(page, "/preheader/after", { headers: { "x-custom": "1" } });
	await until("two lines", () => lines.length > 1);
	assert.match(
		lines[0]!,
		/GET http:.*\/noacao\/before was blocked by CORS \(response\); likely, since .*with CORS a probe is withheld, too \[.*B-\]\. To mend it, look at Access-Control-Allow-Origin of the answer/,
	);
	assert.match(
		lines[1]!,
		/\/preheader\/after was blocked by CORS \(preflight\).*Access-Control-Allow-Headers with x-custom/,
	);
});

test("the panel shows the verdicts, newest first, once in a page", async () => {
	const { page } = await opened();
	await page.evaluate(() => {
		const handle = (window as Window).begin();
		(window as Window).showPanel(handle);
		(window as Window).end = (window as Window).showPanel(handle);
	});
	const panel = page.locator("corswatch-panel");
	assert.equal(await panel.count(), 1);
	assert.equal(await panel.locator("summary").textContent(), "corswatch: no failures");
	await fails(page, "/noacao/first");
	await panel.locator("li").nth(0).waitFor({ state: "attached" });
	await fails(page, "/mismatch/second");
	await panel.locator("li").nth(1).waitFor({ state: "attached" });
	assert.equal(await panel.locator("summary").textContent(), "corswatch: 2 blocked");
	assert.match((await panel.locator("li").first().textContent())!, /\/mismatch\/second/);
	await page.evaluate(() => (window as Window).end());
	assert.equal(await panel.count(), 0);
});

test("hints tell what cannot work in production, by its address, each endpoint once", async () => {
	const { page, lines } = await opened();
	await page.evaluate(() => {
		const handle = (window as Window).begin();
		(window as Window).hintProduction(handle, { origin: "https://shop.example" });
	});
	for (const path of ["/ok/items", "/ok/items", "/ok/others"]) await fails(page, path);
	await until("two lines", () => lines.length > 1);
	assert.deepEqual(
		lines.map((line) => line.replace(world.api.origin, "")),
		["/ok/items", "/ok/others"].map(
			(path) =>
				`corswatch: GET ${path} will be blocked in production (https://shop.example) because its host is known to this machine or network alone`,
		),
	);
});

test("where nobody lends a hand, a healthy page stays silent", async () => {
	const { page, lines } = await opened();
	await page.evaluate(() => {
		const handle = (window as Window).begin();
		(window as Window).explainVerdicts(handle);
		(window as Window).hintProduction(handle, { origin: location.origin });
	});
	await fails(page, "/ok/healthy");
	await world.edge.row("of the healthy request", ({ ep }) => ep === "/ok/healthy");
	assert.deepEqual(lines, []);
});

test("the default script keeps no verdicts, and one line says so", async () => {
	const page = await world.open({}, { after: "/debug.js" });
	const warned = page.waitForEvent("console");
	await page.evaluate(() => void (window as Window).explainVerdicts((window as Window).corswatch));
	assert.match((await warned).text(), /the default script keeps no verdicts/);
});
