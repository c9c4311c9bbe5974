// What the SDK says that it does not see.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world as open, type World } from "../fixture/browser";
import { pack } from "../fixture/pack";

let world: World;
before(async () => {
	world = await open();
	await pack(
		"/coverage.js",
		`import { start } from "corswatch";
		import { countWorkers, coverage } from "corswatch/coverage";
		const begin = () => start(${JSON.stringify({ key: "k", url: world.edge.origin, flushInterval: 100 })});
		Object.assign(window, { begin, countWorkers, coverage });`,
	);
});
after(() => world.close());

// biome-ignore lint/suspicious/noExplicitAny: what the script leaves on the window
type Window = any;

test("requests before the observation, frames and workers that it does not see are counted", async () => {
	const page = await world.open(null, { after: "/coverage.js" });
	const counted = await page.evaluate(
		async ({ api, site }) => {
			const { begin, countWorkers, coverage } = window as Window;
			const get = (url: string) => fetch(url).then((response) => response.text());
			await get(`${api}/ok/early/1`);
			await new Promise((resolve) => {
				const xhr = new XMLHttpRequest();
				xhr.onloadend = resolve;
				xhr.open("GET", `${api}/ok/early/2`);
				xhr.send();
			});
			await get("/same");
			begin();
			await get(`${api}/ok/seen`);
			const end = countWorkers();
			const frame = async (url: string) => {
				const element = document.createElement("iframe");
				element.src = url;
				const loaded = new Promise((resolve) => element.addEventListener("load", resolve));
				document.body.append(element);
				await loaded;
				return element.contentWindow as Window;
			};
			(await frame(`${site}/?after=/coverage.js`)).begin();
			await frame(`${site}/?`);
			await frame(`${api}/ok/frame`);
			new Worker(URL.createObjectURL(new Blob([""])));
			class Mine extends Worker {}
			const mine = new Mine(URL.createObjectURL(new Blob([""])));
			const during = coverage();
			end();
			new Worker(URL.createObjectURL(new Blob([""])));
			return {
				during,
				after: coverage().workers,
				native: `${Worker}`.includes("[native code]") && mine instanceof Mine && mine instanceof Worker,
			};
		},
		{ api: world.api.origin, site: world.site.origin },
	);
	assert.deepEqual(counted, {
		during: { early: 2, full: false, framesSeen: 1, framesUnseen: 1, framesForeign: 1, workers: 2 },
		after: 2,
		native: true,
	});
});

test("where nothing observes, all requests are early", async () => {
	const page = await world.open(null, { after: "/coverage.js" });
	const early = await page.evaluate(async (api) => {
		for (const path of ["/ok/a", "/ok/b"]) await fetch(api + path).then((response) => response.text());
		return (window as Window).coverage().early;
	}, world.api.origin);
	assert.equal(early, 2);
});
