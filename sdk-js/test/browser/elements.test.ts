// What elements, style sheets and EventSource ask of other origins, in three engines.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { type Engine, engines, start, type Tab } from "../fixture/engine";
import { pack } from "../fixture/pack";
import { type Listening, listening } from "../fixture/server";
import { type Servers, servers } from "../fixture/servers";

/** The smallest of their kinds. */
const PIXEL = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	"base64",
);
const BODIES: Record<string, [type: string, body: string | Buffer]> = {
	png: ["image/png", PIXEL],
	js: ["text/javascript", ""],
	css: ["text/css", ""],
	woff2: ["font/woff2", "no font"],
	stream: ["text/event-stream", "retry: 60000\n\ndata: 1\n\n"],
	text: ["text/plain", "no event"],
};

/** `/KIND/..` with CORS headers, `/bare/KIND/..` without, `/missing/KIND/..` with 404, `/stream..` stays open. */
const assets = () =>
	listening((request, response) => {
		const parts = request.url!.split("?")[0]!.split("/");
		const bare = parts.includes("bare");
		const missing = parts.includes("missing");
		const [type, body] = (!missing && BODIES[parts.find((part) => BODIES[part])!]) || ["text/plain", ""];
		setTimeout(() => {
			response.writeHead(missing ? 404 : 200, {
				"content-type": type,
				"cache-control": "no-store",
				...(!bare && { "access-control-allow-origin": "*" }),
			});
			if (type === "text/event-stream" && !parts.includes("ends")) response.write(body);
			else response.end(body);
		}, 15);
	});

/** Markup by name, for a URL. */
const MARKUP: Record<string, (url: string) => string> = {
	image: (url) => `<img crossorigin src="${url}/png/image">`,
	script: (url) => `<script crossorigin src="${url}/js/script"></script>`,
	module: (url) => `<script type="module" src="${url}/js/module"></script>`,
	style: (url) => `<link rel="stylesheet" crossorigin href="${url}/css/style">`,
	modulepreload: (url) => `<link rel="modulepreload" href="${url}/js/modulepreload">`,
};

for (const name of engines) {
	describe(name, () => {
		let world: Servers;
		let cdn: Listening;
		let engine: Engine;
		let tab: Tab;
		// One for each test: the SDK asks a server that fails only a few times.
		beforeEach(async () => {
			cdn = await assets();
		});
		afterEach(() => cdn.close());
		before(async () => {
			[world, engine] = await Promise.all([servers(), start(name)]);
			await pack(
				"/entries.js",
				`import { start } from "corswatch";
				import { observeElements } from "corswatch/elements";
				import { observeEventSource } from "corswatch/eventsource";
				observeElements();
				observeEventSource();
				window.handle = start(${JSON.stringify({ key: "k", url: world.edge.origin, flushInterval: 100 })});`,
			);
			tab = await engine.open(world.page(null, { after: "/entries.js" }));
		});
		after(() => Promise.all([world.close(), engine.close()]));

		const rowOf = (ep: string) => world.edge.row(`of ${ep}`, (row) => row.ep === ep);
		/** The verdicts on an endpoint, as a short text. */
		const outcome = async (ep: string) => {
			const { o, st } = await rowOf(ep);
			return o ?? (st! < 400 ? "ok" : "http_error");
		};
		const insert = (markup: string) =>
			tab.evaluate((markup) => {
				const range = document.createRange();
				range.selectNode(document.head);
				document.head.append(range.createContextualFragment(markup));
			}, markup);

		for (const [kind, markup] of Object.entries(MARKUP)) {
			test(`${kind}: answered, blocked, missing and not reached`, async () => {
				const path = /"(http[^"]+)"/.exec(markup("http://x"))![1]!.slice("http://x".length);
				await insert(markup(cdn.origin) + markup(`${cdn.origin}/bare`) + markup(`${cdn.origin}/missing`));
				assert.equal(await outcome(path), "ok");
				assert.ok((await rowOf(path)).l, "with its duration");
				assert.equal(cdn.seen.filter(({ url }) => url === path).length, 1, "and no request more");
				assert.equal(await outcome(`/bare${path}`), "blocked");
				assert.equal(await outcome(`/missing${path}`), "http_error");
			});
		}

		test("an element of a server that cannot be reached is no block", async () => {
			await insert(MARKUP.image!(`${world.refused}/refused`));
			assert.equal(await outcome("/refused/png/image"), "network");
		});

		test("elements without CORS and those of the page's own server are not counted", async () => {
			await insert(
				`<img src="${cdn.origin}/png/plain"><img crossorigin src="/same/png"><img crossorigin src="${cdn.origin}/png/last">`,
			);
			await rowOf("/png/last");
			assert.deepEqual(
				world.edge.rows().filter(({ ep }) => /plain|same/.test(ep)),
				[],
			);
		});

		test("a font is counted as the style sheet gets it", async () => {
			const face = (family: string, path: string) =>
				`@font-face { font-family: ${family}; src: url(${cdn.origin}${path}); }`;
			await insert(
				`<style>${face("good", "/woff2/good.woff2")}${face("bad", "/bare/woff2/bad.woff2")}</style>` +
					`<p style="font-family: good">x</p><p style="font-family: bad">x</p>`,
			);
			await tab.evaluate(
				() =>
					Promise.all(
						["good", "bad"].map((family) => document.fonts.load(`9px ${family}`).catch(() => {})),
					).then(() => {}),
				undefined,
			);
			// WebKit shows no status of a font.
			if (name === "webkit") return;
			assert.equal(await outcome("/woff2/good.woff2"), "ok");
			assert.equal(await outcome("/bare/woff2/bad.woff2"), "blocked");
		});

		test("an EventSource: open, blocked, no event stream and not reached", async () => {
			const listen = (url: string) =>
				tab.evaluate((url) => {
					const source = new EventSource(url);
					return new Promise<void>((resolve) => {
						source.onopen = source.onerror = () => resolve();
					});
				}, url);
			await listen(`${cdn.origin}/stream/open`);
			assert.equal(await outcome("/stream/open"), "ok");
			await listen(`${cdn.origin}/bare/stream/a`);
			assert.equal(await outcome("/bare/stream/a"), "blocked");
			await listen(`${cdn.origin}/text/events`);
			assert.equal(await outcome("/text/events"), "unknown");
			await listen(`${cdn.origin}/missing/text/events`);
			assert.equal(await outcome("/missing/text/events"), "http_error");
			await listen(`${world.refused}/stream`);
			assert.equal(await outcome("/stream"), "network");
		});

		test("an EventSource is as the browser made it", async () => {
			const seen = await tab.evaluate(() => {
				class Mine extends EventSource {}
				const mine = new Mine("data:,");
				mine.close();
				return [
					EventSource.name,
					EventSource.length,
					EventSource.CLOSED,
					EventSource.prototype.constructor === EventSource,
					mine instanceof Mine && mine instanceof EventSource,
				];
			}, undefined);
			assert.deepEqual(seen, ["EventSource", 1, 2, true, true]);
		});

		test("a module that fails to be imported", async () => {
			await tab.evaluate((url) => void import(url), `${cdn.origin}/bare/js/imported`);
			if (name === "webkit") return;
			assert.equal(await outcome("/bare/js/imported"), "blocked");
		});
	});
}
