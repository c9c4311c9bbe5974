// What probes may cost a page and its servers, in three engines.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Engine, engines, start, type Tab } from "../fixture/engine";
import type { Seen } from "../fixture/server";
import { until } from "../fixture/server";
import { type Servers, servers } from "../fixture/servers";

/** Redirects that browsers follow, and the request before them. */
const LOOP = 21;
/** How often Firefox sends a request that is reset. */
const RESETS = 10;

/** A server learns later that a request was let go of than the page asks the next one. */
const LAG_MS = 50;

/** Most requests among these that were in progress at once. */
const together = (requests: Seen[]): number =>
	Math.max(
		...requests.map(
			({ from }) => requests.filter((it) => it.from <= from && it.until > from + LAG_MS).length,
		),
	);

for (const name of engines) {
	describe(name, () => {
		let world: Servers;
		let engine: Engine;
		before(async () => {
			[world, engine] = await Promise.all([servers(), start(name)]);
		});
		after(() => Promise.all([world.close(), engine.close()]));

		const askedFor = (path: string) => world.api.seen.filter(({ url }) => url.startsWith(path));
		const rowOf = (path: string) => world.edge.row(`of ${path}`, ({ ep }) => ep === path);
		const failing = (tab: Tab, paths: string[], init: RequestInit) =>
			tab.evaluate(({ urls, init }) => Promise.all(urls.map((url) => fetch(url, init).catch(() => {}))), {
				urls: paths.map((path) => world.api.origin + path),
				init,
			});

		test("form posts that fail while HEAD hangs do not hold up a good request of the page", async () => {
			const tab = await engine.open(world.page());
			const paths = [..."abcdefg"].map((letter) => `/hanghead/${letter}`);
			await failing(tab, paths, { method: "POST", body: "a=1" });
			await until("a probe", () => askedFor("/hanghead").some(({ method }) => method === "HEAD"));
			const took = await tab.evaluate(async (api) => {
				const from = performance.now();
				await Promise.all(
					[..."abcdef"].map((letter) => fetch(`${api}/ok/good/${letter}`).then((r) => r.text())),
				);
				return performance.now() - from;
			}, world.api.origin);
			assert.ok(took < 500, `${took} ms`);
			for (const path of paths) await rowOf(path);
			const probes = askedFor("/hanghead").filter(({ method }) => method === "HEAD");
			assert.equal(together(probes), 1, "one probe at a time");
			assert.ok(
				probes.every((probe) => probe.until - probe.from < 2000),
				JSON.stringify(probes.map((probe) => probe.until - probe.from)),
			);
			await tab.close();
		});

		test("no probe is sent while the page waits for the server", async () => {
			const tab = await engine.open(world.page());
			await tab.evaluate(async (api) => {
				const waiting = fetch(`${api}/slow/waited`);
				await fetch(`${api}/noacao/meanwhile`).catch(() => {});
				await waiting;
			}, world.api.origin);
			const row = await rowOf("/noacao/meanwhile");
			assert.equal(row.o, "blocked");
			const [slow] = askedFor("/slow/waited");
			const probes = askedFor("/noacao/meanwhile").slice(1);
			assert.ok(probes.length > 0 && probes.every(({ from }) => from >= slow!.until - 5));
			await tab.close();
		});

		test("a probe gives way when the page needs its connection", async () => {
			const tab = await engine.open(world.page());
			await failing(tab, ["/hanghead/way"], { method: "POST", body: "a=1" });
			const probe = await until("the probe", () =>
				askedFor("/hanghead/way").find(({ method }) => method === "HEAD"),
			);
			await failing(
				tab,
				[..."abcd"].map((letter) => `/slow/way/${letter}`),
				{},
			);
			const last = Math.max(...askedFor("/slow/way").map(({ until }) => until));
			assert.ok(probe.until < last, `let go ${probe.until - last} ms after the page's requests`);
			await tab.close();
		});

		test("a redirect loop is not followed a second time", async () => {
			const tab = await engine.open(world.page());
			await failing(tab, ["/loop/a"], {});
			const row = await rowOf("/loop/a");
			assert.equal(row.o, "network", row.ev);
			const asked = askedFor("/loop/a").length;
			assert.ok(asked <= LOOP + 1, `${asked} requests`);
			await tab.close();
		});

		test("a request that is reset is repeated no more often than by a person who reloads", async () => {
			const tab = await engine.open(world.page());
			await failing(tab, ["/reset/often"], {});
			await rowOf("/reset/often");
			const asked = askedFor("/reset/often").length;
			// Chromium and WebKit repeat a request once where the connection had been used before.
			assert.ok(asked <= (name === "firefox" ? 2 * RESETS : 4 * 2), `${asked} requests`);
			await tab.close();
		});

		test("nothing is probed after the end of the observation", async () => {
			const tab = await engine.open(world.page());
			await tab.evaluate(async (api) => {
				await fetch(`${api}/noacao/ended`).catch(() => {});
				(globalThis as unknown as { corswatch: { stop(): void } }).corswatch.stop();
				await new Promise((resolve) => setTimeout(resolve, 500));
			}, world.api.origin);
			assert.equal(askedFor("/noacao/ended").length, 1);
			await tab.close();
		});

		test("Resource Timing and service workers tell probes from the page's requests", async () => {
			const tab = await engine.open(world.page());
			await failing(tab, ["/noacao/marked"], {});
			await rowOf("/noacao/marked");
			const names = await tab.evaluate(
				() =>
					performance
						.getEntriesByType("resource")
						.map(({ name }) => name)
						.filter((name) => name.includes("/noacao/marked")),
				null,
			);
			// WebKit has entries for answers only, and strips fragments from their names.
			const marked = names.filter((name) => name.endsWith("#corswatch"));
			assert.equal(marked.length, name === "webkit" ? 0 : names.length - 1, names.join());
			await tab.close();
		});
	});
}
