// The guides: strict policies, and frameworks with a way of their own of starting things.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { documents, world as open, type World } from "../fixture/browser";
import { pack } from "../fixture/pack";

let world: World;
const start = () => `start(${JSON.stringify({ key: "k", url: world.edge.origin, flushInterval: 100 })})`;
before(async () => {
	world = await open();
});
after(() => world.close());

/** How many requests of an endpoint were reported, when its first was and the page was asked for the rest. */
async function counted(ep: string): Promise<number> {
	await world.edge.row(`of ${ep}`, (row) => row.ep === ep);
	return world.edge
		.rows()
		.filter((row) => row.ep === ep)
		.reduce((sum, { n = 1 }) => sum + n, 0);
}

test("every entry keeps a strict policy and Trusted Types without one violation", async () => {
	await pack(
		"/strict.js",
		`import { start } from "corswatch";
		import { countWorkers, coverage } from "corswatch/coverage";
		import { explainVerdicts, showPanel } from "corswatch/debug";
		import { observeElements } from "corswatch/elements";
		import { observeEventSource } from "corswatch/eventsource";
		window.violations = [];
		addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));
		observeElements();
		observeEventSource();
		countWorkers();
		const handle = ${start()};
		explainVerdicts(handle);
		showPanel(handle);
		const api = ${JSON.stringify(world.api.origin)};
		window.run = async () => {
			await fetch(api + "/noacao/strict").catch(() => {});
			await fetch(api + "/ok/strict");
			await new Promise((resolve) => { new EventSource(api + "/noacao/strict/stream").onerror = resolve; });
			const image = new Image();
			image.crossOrigin = "anonymous";
			document.body.append(image);
			await new Promise((resolve) => { image.onerror = resolve; image.src = api + "/noacao/strict/image"; });
			await handle.verdicts();
			handle.flush();
			coverage();
		};`,
	);
	const page = await world.open(null, {
		after: "/strict.js",
		csp: [
			"default-src 'none'",
			"script-src 'self'",
			`connect-src ${world.api.origin} ${world.edge.origin}`,
			`img-src data: ${world.api.origin}`,
			"require-trusted-types-for 'script'",
			"trusted-types 'none'",
			"base-uri 'none'",
		].join("; "),
	});
	await page.evaluate("window.run()");
	await page.locator("corswatch-panel li").nth(2).waitFor({ state: "attached" });
	assert.equal(
		await page.locator("corswatch-panel").evaluate((panel) => getComputedStyle(panel).position),
		"fixed",
	);
	assert.deepEqual(await page.evaluate("window.violations"), []);
	await world.edge.row("of the request", ({ ep }) => ep === "/ok/strict");
	// The policy is in force: what it forbids is reported to the same listener.
	await page.evaluate(() => fetch("https://else.test/").catch(() => {}));
	assert.equal(((await page.evaluate("window.violations")) as string[]).length, 1);
});

test("the script tag keeps a policy with a hash or nonce for it alone, and needs no other", async () => {
	documents["/tag"] = {
		type: "text/html",
		text: `<!doctype html><meta http-equiv="Content-Security-Policy" content="script-src 'nonce-n'; require-trusted-types-for 'script'; connect-src ${world.api.origin} ${world.edge.origin}"><script nonce="n">window.violations = 0; addEventListener("securitypolicyviolation", () => window.violations++);</script><script nonce="n" src="/corswatch.js" data-key="k" data-url="${world.edge.origin}" data-flush-interval="100"></script>`,
	};
	const page = await world.open(null, { path: "/tag" });
	await page.evaluate((url) => fetch(url), `${world.api.origin}/ok/tag`);
	assert.equal(await counted("/ok/tag"), 1);
	assert.equal(await page.evaluate("window.violations"), 0);
});

test("React in StrictMode, with start in an effect: each request counts once", async () => {
	await pack(
		"/react.js",
		`import { StrictMode, useEffect, useState } from "react";
		import { createRoot } from "react-dom/client";
		import { start } from "corswatch";
		let runs = 0;
		function Corswatch() {
			useEffect(() => {
				runs++;
				const handle = ${start()};
				return () => handle.stop();
			}, []);
			return null;
		}
		function Items() {
			const [text, setText] = useState("waiting");
			const ask = () => fetch(${JSON.stringify(world.api.origin)} + "/ok/react").then((response) => response.text()).then(setText);
			return <button onClick={ask}>{text} {runs}</button>;
		}
		addEventListener("DOMContentLoaded", () => {
			const root = document.body.appendChild(document.createElement("div"));
			createRoot(root).render(<StrictMode><Corswatch /><Items /></StrictMode>);
		});`,
		"development",
	);
	const page = await world.open(null, { after: "/react.js" });
	await page.locator("button").click();
	await page.locator("button", { hasText: "{} 2" }).waitFor();
	assert.equal(await counted("/ok/react"), 1);
});

test("Vue, with start as a plugin: requests count, and the app's error handler gets its error", async () => {
	await pack(
		"/vue.js",
		`import { createApp, h, ref } from "vue/dist/vue.runtime.esm-bundler.js";
		import { start } from "corswatch";
		const corswatch = {
			install(app) {
				const handle = ${start()};
				app.onUnmount(() => handle.stop());
			},
		};
		const ask = async (path) => (await fetch(${JSON.stringify(world.api.origin)} + path)).text();
		const text = ref("waiting");
		const app = createApp({
			render: () => [
				h("button", { id: "good", onClick: async () => { text.value = await ask("/ok/vue"); } }, text.value),
				h("button", { id: "bad", onClick: () => ask("/noacao/vue") }, "bad"),
			],
		});
		window.errors = [];
		app.config.errorHandler = (error) => window.errors.push(String(error));
		addEventListener("DOMContentLoaded", () => {
			app.use(corswatch).mount(document.body.appendChild(document.createElement("div")));
			window.app = app;
		});`,
	);
	const page = await world.open(null, { after: "/vue.js" });
	await page.locator("#good").click();
	await page.locator("#good", { hasText: "{}" }).waitFor();
	await page.locator("#bad").click();
	assert.equal(await counted("/ok/vue"), 1);
	assert.equal((await world.edge.row("of the block", ({ ep }) => ep === "/noacao/vue")).o, "blocked");
	assert.deepEqual(await page.evaluate("window.errors"), ["TypeError: Failed to fetch"]);
	await page.evaluate("window.app.unmount()");
	assert.match((await page.evaluate("String(fetch)")) as string, /native code/);
});

test("hot replacement that runs the module again: each request counts once", async () => {
	const page = await world.open();
	await page.evaluate(async () => {
		for (let times = 0; times < 3; times++) {
			const { start } = await import(`/corswatch.mjs?${times}`);
			start({ key: "k", url: (window as unknown as { given: string }).given ?? "https://rum.example.com" });
		}
	});
	await page.evaluate((url) => fetch(url), `${world.api.origin}/ok/hot`);
	assert.equal(await counted("/ok/hot"), 1);
});
