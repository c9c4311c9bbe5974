// What the SDK says of each way in which a request can end, in three engines.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Case, cases, xhrToo } from "../fixture/cases";
import { validate } from "../fixture/edge";
import { type Engine, type EngineName, engines, start, type Tab } from "../fixture/engine";
import { until } from "../fixture/server";
import { type Servers, servers } from "../fixture/servers";

type Kind = "fetch" | "xhr";

interface Asked {
	kind: Kind;
	url: string;
	init: RequestInit & { headers?: Record<string, string> };
	abort: number | undefined;
	timeout: number | undefined;
}

/** Runs in the page. */
function ask({ kind, url, init, abort, timeout }: Asked): void {
	if (kind === "fetch") {
		const control = new AbortController();
		if (abort) setTimeout(() => control.abort(), abort);
		fetch(url, { ...init, signal: control.signal }).catch(() => {});
		return;
	}
	const xhr = new XMLHttpRequest();
	xhr.open(init.method ?? "GET", url);
	for (const name in init.headers) xhr.setRequestHeader(name, init.headers[name]!);
	xhr.withCredentials = init.credentials === "include";
	if (timeout) xhr.timeout = timeout;
	xhr.send(init.body as string);
	if (abort) setTimeout(() => xhr.abort(), abort);
}

for (const name of engines) {
	describe(name, () => {
		let around: Servers;
		let engine: Engine;
		before(async () => {
			[around, engine] = await Promise.all([servers(), start(name)]);
			console.log(`${name}: ${engine.version}`);
		});
		after(async () => {
			for (const { text, beacon } of around.edge.posts) {
				assert.ok(validate(beacon), `${JSON.stringify(validate.errors)} in ${text}`);
			}
			await Promise.all([around.close(), engine.close()]);
		});

		const check = async (kind: Kind, wanted: Case) => {
			const csp = wanted.csp?.replace("EDGE", around.edge.origin);
			const tab = await engine.open(around.page({}, { csp }));
			if (wanted.ev === "down") await goDown(tab);
			const path = typeof wanted.path === "string" ? wanted.path : wanted.path(around);
			// One endpoint for each test.
			const url = new URL(path, around.api.origin);
			url.pathname += `/${kind}`;
			const { pathname, origin } = url;
			const mine = () => around.edge.rows().filter(({ ep, to }) => ep === pathname && to === origin);
			const { init = {}, abort, timeout } = wanted;
			await tab.evaluate(ask, { kind, url: url.href, init, abort, timeout });
			const [row, ...more] = await until(`a row of ${pathname}`, () => mine()[0] && mine());
			assert.deepEqual(more, []);
			const { o, stage, cf, ev, st } = { ...wanted, ...wanted[name] };
			const said = { o: row!.o, stage: row!.stage, cf: row!.cf, ev: row!.ev, st: row!.st };
			assert.deepEqual(said, { o, stage, cf, ev, st });
			assert.deepEqual([row!.n, row!.m], [undefined, init.method]);
			assert.equal(row!.c, init.credentials ? 1 : undefined);
			assert.equal(row!.p, init.headers || /PUT|DELETE/.test(init.method!) ? 1 : undefined);
			await tab.close();
		};

		const goDown = async (tab: Tab) => {
			await tab.evaluate((url) => void fetch(url).catch(() => {}), `${around.refused}/first`);
			await around.edge.row("of the first", (row) => row.ev === "A-E-R-" && row.ep === "/first");
		};

		for (const [title, wanted] of Object.entries(cases)) {
			const said = { ...wanted, ...wanted[name] };
			if (!wanted.timeout) test(`fetch: ${title}: ${said.o ?? said.st}`, () => check("fetch", wanted));
			if (xhrToo.has(title)) test(`xhr: ${title}: ${said.o ?? said.st}`, () => check("xhr", wanted));
		}
		test("what is recorded arrives once, and without cookies, when the page goes away", async () => {
			const tab = await engine.open(around.page({ flushInterval: 60_000 }));
			// Cookies know no ports: this one is the edge's as well as the page's.
			await tab.evaluate((url) => {
				// biome-ignore lint/suspicious/noDocumentCookie: the other way exists in secure contexts only
				document.cookie = "sid=1";
				return fetch(url, { credentials: "include" }).then((response) => response.status);
			}, `${around.api.origin}/cred/bye`);
			const asked = around.api.seen.find(({ url }) => url === "/cred/bye");
			assert.equal(asked!.headers.cookie, "sid=1");
			await tab.goto(around.page(null));
			await around.edge.row("of the request", ({ ep }) => ep === "/cred/bye");
			const posts = around.edge.posts.filter(({ text }) => text.includes("/cred/bye"));
			assert.deepEqual([posts.length, posts[0]!.headers.cookie], [1, undefined]);
			await tab.close();
		});
		offline(name, () => ({ around, engine }));
	});
}

/** Of the three, WebKit's driver cannot take the network away. */
function offline(name: EngineName, world: () => { around: Servers; engine: Engine }): void {
	if (name === "webkit") return;
	test("a machine without a network is offline, and says so when it is back", async () => {
		const { around, engine } = world();
		const tab = await engine.open(around.page());
		await tab.offline!("offline");
		await tab.evaluate((url) => fetch(url).catch(() => {}), `${around.api.origin}/ok/offline`);
		await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)), null);
		await tab.offline!("online");
		const row = await around.edge.row("of the failure", ({ ep }) => ep === "/ok/offline");
		assert.deepEqual([row.o, row.ev], ["offline", "A-E-R-"]);
		await tab.close();
	});
}
