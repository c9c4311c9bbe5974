// The test kits, with the drivers that they are for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Builder, type Driver } from "selenium-webdriver";
import { expectNoCorsBlocks as expectOfPage } from "../../src/tools/playwright";
import { expectNoCorsBlocks as expectOfDriver } from "../../src/tools/webdriver";
import { world as open, type World } from "../fixture/browser";
import { capabilities, webDriver } from "../fixture/engine/webkit";
import { type Servers, servers } from "../fixture/servers";

let around: Servers;
let world: World;
before(async () => {
	around = await servers();
	world = await open(Promise.resolve(around));
});
after(() => world.close());

/** A blocked request, and what a person must be told about it. */
const cases: { path: string; init?: RequestInit; header: RegExp }[] = [
	{ path: "/noacao/items", header: /Access-Control-Allow-Origin/ },
	{ path: "/mismatch/items", header: /Access-Control-Allow-Origin.*else\.test/ },
	{ path: "/nocred/items", init: { credentials: "include" }, header: /Access-Control-Allow-Credentials/ },
	{
		path: "/preheader/items",
		init: { headers: { "x-custom": "1" } },
		header: /x-custom.*Access-Control-Allow-Headers|Access-Control-Allow-Headers.*x-custom/,
	},
	{
		path: "/premethod/items",
		init: { method: "PUT" },
		header: /PUT.*Access-Control-Allow-Methods|Access-Control-Allow-Methods.*PUT/,
	},
	{ path: "/prenoten/items", init: { method: "PUT" }, header: /preflight/ },
];

test("Playwright: a healthy test passes, and gives back what it found", async () => {
	const page = await world.open(null);
	const status = await expectOfPage(page, () =>
		page.evaluate((url) => fetch(url).then((response) => response.status), `${world.api.origin}/ok/items`),
	);
	assert.equal(status, 200);
});

test("Playwright: a server that cannot be reached is no block", async () => {
	const page = await world.open(null);
	await expectOfPage(page, () => page.evaluate((url) => fetch(url).catch(() => {}), `${world.refused}/x`));
});

for (const { path, init, header } of cases) {
	test(`Playwright: the error names what blocks ${path}`, async () => {
		const page = await world.open(null);
		const url = world.api.origin + path;
		const run = () =>
			page.evaluate(
				({ url, init }) =>
					fetch(url, init)
						.then(() => {})
						.catch(() => {}),
				{ url, init },
			);
		await assert.rejects(expectOfPage(page, run), ({ message }: Error) => {
			assert.ok(message.includes(`1 request was blocked by CORS:\n  ${url}\n`), message);
			assert.match(message, header);
			return true;
		});
		await expectOfPage(page, run, { except: [path] });
	});
}

test("Playwright: what fails in the test itself is thrown as it is", async () => {
	const page = await world.open(null);
	await assert.rejects(
		expectOfPage(page, () => Promise.reject(new Error("the test's own"))),
		/the test's own/,
	);
});

test("WebDriver: the error names what blocks each request", async () => {
	const { base, close } = await webDriver();
	let driver: Driver | undefined;
	try {
		driver = await new Builder()
			.usingServer(base)
			.withCapabilities({ browserName: "MiniBrowser", ...capabilities })
			.build();
		await driver.get(around.page({}, { script: "/corswatch-full.js" }));
		await driver.executeScript("return fetch(arguments[0]).then(() => {})", `${world.api.origin}/ok/items`);
		await expectOfDriver(driver);
		for (const { path, init } of cases) {
			await driver.executeScript(
				"return fetch(arguments[0], arguments[1]).then(() => {}, () => {})",
				world.api.origin + path,
				init,
			);
		}
		await driver.executeScript("return fetch(arguments[0]).then(() => {}, () => {})", `${world.refused}/x`);
		await assert.rejects(expectOfDriver(driver), ({ message }: Error) => {
			assert.match(message, new RegExp(`^${cases.length} requests were blocked by CORS:\n`));
			const found = message.split("\n  http");
			for (const { path, header } of cases) {
				assert.match(found.find((it) => it.includes(path))!, header);
			}
			return true;
		});
		await expectOfDriver(driver, { except: [/\/items$/] });
		await driver.get(around.page(null));
		await assert.rejects(expectOfDriver(driver), /no corswatch observes the page/);
	} finally {
		await driver?.quit();
		close();
	}
});
