// What the page can see of the SDK: nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { bucket } from "../../src/latency";
import { documents, world as open, type World } from "../fixture/browser";
import { validate } from "../fixture/edge";
import { until } from "../fixture/server";

let world: World;
before(async () => {
	world = await open();
});
after(async () => {
	for (const { text, beacon } of world.edge.posts) {
		assert.ok(validate(beacon), `${JSON.stringify(validate.errors)} in ${text}`);
	}
	await world.close();
});

const rowsOf = (ep: string) => world.edge.rows().filter((row) => row.ep === ep);

test("a healthy page reports its counts and sends no probe", async () => {
	const page = await world.open();
	const asked = world.api.seen.length;
	await page.evaluate(async (api) => {
		for (let i = 0; i < 6; i++) await fetch(`${api}/ok/list?page=${i}`);
		for (let i = 0; i < 3; i++) await fetch(`${api}/ok/items/${i + 100}`);
		await fetch(`${api}/created/cart`, { method: "POST", body: "a=1" });
	}, world.api.origin);
	await world.edge.row("of the cart", (row) => row.ep === "/created/cart");
	assert.equal(world.api.seen.length - asked, 10, "each request once, nothing else");
	const rows = world.edge.rows();
	const sum = (ep: string) => rowsOf(ep).reduce((total, row) => total + (row.n ?? 1), 0);
	assert.equal(sum("/ok/list"), 6);
	assert.equal(sum("/ok/items/:id"), 3);
	assert.equal(sum("/created/cart"), 1);
	assert.ok(
		rows.every((row) => row.st && !row.o),
		JSON.stringify(rows),
	);
});

test("what is not a cross-origin CORS request is not counted", async () => {
	const page = await world.open();
	const before = world.edge.rows().length;
	await page.evaluate(async (api) => {
		const ignore = () => {};
		await fetch(`${api}/noacao/opaque`, { mode: "no-cors" });
		await fetch("/same/origin");
		await fetch(`${api}/ok/mode`, { mode: "same-origin" }).catch(ignore);
		await fetch("data:text/plain,x");
		await fetch(URL.createObjectURL(new Blob(["x"])));
		await fetch(`${api}/ok/argument`, { headers: { "bad name": "1" } }).catch(ignore);
		await fetch(`${api}/ok/argument`, { method: "GET", body: "x" }).catch(ignore);
		await fetch("https://").catch(ignore);
		await fetch(`${api}/ok/counted`);
	}, world.api.origin);
	await world.edge.row("that is counted", (row) => row.ep === "/ok/counted");
	await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
	assert.deepEqual(
		world.edge
			.rows()
			.slice(before)
			.map((row) => row.ep),
		["/ok/counted"],
	);
});

/** Everything a page could compare, with and without the SDK. */
async function look(page: Page, api: string): Promise<unknown> {
	return page.evaluate(async (api) => {
		const events: string[] = [];
		addEventListener("unhandledrejection", (event) => {
			events.push(`${event.reason.name}: ${event.reason.message}`);
			event.preventDefault();
		});
		const own = Object.getOwnPropertyDescriptor(self, "fetch")!;
		const send = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "send")!;
		fetch(`${api}/noacao/unhandled`);
		const settled = async (make: () => Promise<unknown>) => {
			try {
				const promise = make();
				return [
					promise instanceof Promise,
					await promise.then(
						(value) => `${value}`,
						(error) => `${error.name}: ${error.message}`,
					),
				];
			} catch (error) {
				return `threw ${error}`;
			}
		};
		const anyFetch = fetch as unknown as { call(self: unknown, ...args: unknown[]): Promise<unknown> };
		const results = [
			await settled(() => fetch(`${api}/noacao/handled`)),
			await settled(() => anyFetch.call({}, `${api}/ok/x`)),
			await settled(() => anyFetch.call(undefined, `${api}/ok/x`)),
			await settled(() => anyFetch.call(null)),
			await settled(() => fetch(`${api}/ok/x`, { headers: { "bad name": "x" } })),
			await settled(() => fetch(`${api}/ok/x`, null as unknown as RequestInit)),
			await settled(() =>
				fetch(new Request(`${api}/ok/x`, { method: "POST", body: "x" })).then((r) => r.status),
			),
			await settled(() =>
				fetch(`${api}/ok/x`, {
					headers: new Map([["accept", "*/*"]]).entries() as unknown as HeadersInit,
				}).then((r) => r.status),
			),
			await settled(() => fetch(`${api}/ok/x`, { signal: AbortSignal.abort("why") })),
		];
		const order: string[] = [];
		await new Promise<void>((resolve) => {
			const xhr = new XMLHttpRequest();
			for (const type of ["readystatechange", "loadstart", "load", "error", "loadend"]) {
				xhr.addEventListener(type, () => order.push(`${type}${xhr.readyState}`));
			}
			xhr.onloadend = () => setTimeout(resolve);
			xhr.open("GET", `${api}/ok/x`);
			xhr.send();
		});
		const sync: string[] = [];
		for (const path of ["/ok/x", "/noacao/sync"]) {
			const xhr = new XMLHttpRequest();
			xhr.open("GET", api + path, false);
			try {
				xhr.send();
				sync.push(`${xhr.status}`);
			} catch (error) {
				sync.push((error as Error).name);
			}
		}
		let wrong = "";
		try {
			new XMLHttpRequest().send();
		} catch (error) {
			wrong = `${error}`;
		}
		await new Promise((resolve) => setTimeout(resolve, 300));
		return {
			events,
			results,
			order,
			sync,
			wrong,
			fetch: [
				fetch.name,
				fetch.length,
				`${fetch}`,
				fetch.toString(),
				"prototype" in fetch,
				own.writable,
				own.enumerable,
				own.configurable,
			],
			xhr: [
				XMLHttpRequest.prototype.send.name,
				`${XMLHttpRequest.prototype.send}`,
				send.writable,
				send.enumerable,
				send.configurable,
				Object.keys(new XMLHttpRequest()),
			],
			keys: Object.keys(self).filter((key) => key !== "corswatch"),
		};
	}, api);
}

test("the page cannot tell: names, errors, order of events, unhandled rejections", async () => {
	const bare = await look(await world.open(null), world.api.origin);
	const watched = await look(await world.open(), world.api.origin);
	assert.deepEqual(watched, bare);
	assert.deepEqual((bare as { events: string[] }).events, ["TypeError: Failed to fetch"]);
});

test("a preflight is not caused by watching an upload", async () => {
	const page = await world.open();
	const asked = world.api.seen.length;
	await page.evaluate(
		(url) =>
			new Promise((resolve) => {
				const xhr = new XMLHttpRequest();
				xhr.onloadend = resolve;
				xhr.open("POST", url);
				xhr.send("x");
			}),
		`${world.api.origin}/ok/upload`,
	);
	await world.edge.row("of the upload", (row) => row.ep === "/ok/upload");
	assert.deepEqual(
		world.api.seen.slice(asked).map(({ method }) => method),
		["POST"],
	);
});

test("a second copy counts nothing twice and shares the handle", async () => {
	const page = await world.open({}, { after: "/corswatch.js" });
	const same = await page.evaluate(async (edge) => {
		const module = await import(`${location.origin}/corswatch.mjs`);
		return module.start({ key: "other", url: edge }) === (globalThis as Record<string, unknown>).corswatch;
	}, world.edge.origin);
	assert.ok(same);
	await page.evaluate((url) => fetch(url), `${world.api.origin}/ok/twice`);
	await world.edge.row("of the request", (row) => row.ep === "/ok/twice");
	await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
	assert.deepEqual(
		rowsOf("/ok/twice").map((row) => row.n),
		[undefined],
	);
	assert.ok(world.edge.posts.every(({ key }) => key === "k"));
});

for (const [order, page] of [
	["before", { before: "/zone.js" }],
	["after", { after: "/zone.js" }],
] as const) {
	test(`with zone.js loaded ${order} it, no task of ours enters the page's zone`, async () => {
		const tab = await world.open({ flushInterval: 50 }, page);
		const tasks = await tab.evaluate(async (api) => {
			const tasks: string[] = [];
			const { Zone } = globalThis as unknown as {
				Zone: { current: { fork(spec: object): { run<T>(f: () => T): T } } };
			};
			const zone = Zone.current.fork({
				name: "page",
				onScheduleTask(
					delegate: { scheduleTask(zone: unknown, task: unknown): unknown },
					_current: unknown,
					target: unknown,
					task: { type: string; source: string },
				) {
					if (task.type !== "microTask") tasks.push(`${task.type} ${task.source}`);
					return delegate.scheduleTask(target, task);
				},
			});
			await zone.run(async () => {
				await fetch(`${api}/ok/zone`);
				await fetch(`${api}/noacao/zone`).catch(() => {});
				await new Promise((resolve) => {
					const xhr = new XMLHttpRequest();
					xhr.open("GET", `${api}/ok/zone`);
					xhr.onloadend = resolve;
					xhr.send();
				});
			});
			return tasks;
		}, world.api.origin);
		await until("both rows", () => rowsOf("/ok/zone")[0] && rowsOf("/noacao/zone")[0]);
		const foreign = tasks.filter(
			(task) =>
				!/fetch|XMLHttpRequest\.(send|addEventListener:loadend|onloadend|addEventListener:readystatechange)/.test(
					task,
				),
		);
		assert.deepEqual(foreign, []);
		// Zone.js itself schedules the XHR and the listeners of the page; ours would be five more.
		assert.ok(tasks.length < 9, tasks.join());
	});
}

test("in a worker it watches the worker's requests", async () => {
	documents["/worker.js"] = {
		type: "text/javascript",
		text: `importScripts("/corswatch.js");
			onmessage = ({ data }) => fetch(data).then((r) => postMessage(r.status), (e) => postMessage(e.message));`,
	};
	documents["/boot.js"] = {
		type: "text/javascript",
		text: `self.corswatch = ${JSON.stringify({ key: "w", url: world.edge.origin, flushInterval: 50 })}; importScripts("/worker.js");`,
	};
	const page = await world.open(null);
	const answer = await page.evaluate(
		(url) =>
			new Promise((resolve) => {
				const worker = new Worker("/boot.js");
				(globalThis as unknown as Record<string, unknown>).worker = worker;
				worker.onmessage = ({ data }) => resolve(data);
				worker.postMessage(url);
			}),
		`${world.api.origin}/noacao/worker`,
	);
	assert.equal(answer, "Failed to fetch");
	const row = await world.edge.row("of the worker", ({ ep }) => ep === "/noacao/worker");
	assert.deepEqual([row.o, row.cf, row.ev], ["blocked", undefined, "A+B-"]);
	assert.equal(world.edge.posts.find(({ key }) => key === "w")!.beacon.ctx, "worker");
});

test("in a frame it says so", async () => {
	documents["/frame.html"] = {
		type: "text/html",
		text: `<script>corswatch=${JSON.stringify({ key: "f", url: world.edge.origin, flushInterval: 50 })}</script><script src="/corswatch.js"></script><script>fetch("${world.api.origin}/ok/frame")</script>`,
	};
	const page = await world.open(null);
	await page.setContent(`<iframe src="${world.site.origin}/frame.html"></iframe>`);
	await world.edge.row("of the frame", ({ ep }) => ep === "/ok/frame");
	assert.equal(world.edge.posts.find(({ key }) => key === "f")!.beacon.ctx, "iframe");
});

test("the script tag can carry the options", async () => {
	documents["/tag.html"] = {
		type: "text/html",
		text: `<script src="/corswatch.js" data-key="t" data-url="${world.edge.origin}" data-flush-interval="50"></script><script>fetch("${world.api.origin}/ok/tag")</script>`,
	};
	await world.open(null, { path: "/tag.html" });
	await world.edge.row("of the tag", ({ ep }) => ep === "/ok/tag");
	assert.ok(world.edge.posts.some(({ key }) => key === "t"));
});

test("a policy of the page is named and not probed into", async () => {
	const page = await world.open({}, { csp: `connect-src ${world.edge.origin}; report-uri /same/csp` });
	const reports = () => world.site.seen.filter(({ url }) => url === "/same/csp").length;
	await page.evaluate((url) => fetch(url).catch(() => {}), `${world.api.origin}/ok/csp`);
	const row = await world.edge.row("of the block", ({ ep }) => ep === "/ok/csp");
	assert.deepEqual([row.o, row.cf, row.ev], ["csp", "proven", "csp"]);
	assert.ok(!world.api.seen.some(({ url }) => url === "/ok/csp"));
	assert.equal(reports(), 1, "the page's own violation, none of a probe");
});

test("a policy that only reports does not hide a block", async () => {
	const page = await world.open({}, {});
	await page.evaluate(() => {
		dispatchEvent(
			new SecurityPolicyViolationEvent("securitypolicyviolation", {
				disposition: "report",
				blockedURI: "http://127.0.0.1",
				documentURI: "x",
				violatedDirective: "connect-src",
				effectiveDirective: "connect-src",
				originalPolicy: "x",
				statusCode: 200,
			}),
		);
	});
	await page.evaluate((url) => fetch(url).catch(() => {}), `${world.api.origin}/noacao/reportonly`);
	assert.equal((await world.edge.row("of the block", ({ ep }) => ep === "/noacao/reportonly")).o, "blocked");
});

test("names of unsafe headers are told, values never", async () => {
	const page = await world.open();
	await page.evaluate(
		(url) =>
			fetch(url, {
				headers: { "X-Tenant": "secret-tenant", Authorization: "Bearer secret", Accept: "application/json" },
			}).catch(() => {}),
		`${world.api.origin}/preheader/names?token=secret`,
	);
	const row = await world.edge.row("of the block", ({ ep }) => ep === "/preheader/names");
	assert.equal(row.by, "authorization,x-tenant");
	assert.ok(world.edge.posts.every(({ text }) => !text.includes("secret")));
});

test("a GraphQL operation names the endpoint, and only an answer in CORS mode counts", async () => {
	const page = await world.open({ graphql: ["/created/graphql"] });
	await page.evaluate(async (api) => {
		const url = `${api}/created/graphql`;
		const body = JSON.stringify({ operationName: "GetCart", query: "query GetCart { cart { id } }" });
		await fetch(url, { method: "POST", body, mode: "no-cors" });
		await fetch(url, { method: "POST", body });
		await fetch(`${api}/redirect/manual?to=${api}/ok/x`, { redirect: "manual" });
	}, world.api.origin);
	await world.edge.row("of the redirect", ({ ep }) => ep === "/redirect/manual");
	const [row, ...more] = rowsOf("/created/graphql/GetCart");
	assert.deepEqual([row!.st, row!.n, more.length], [201, undefined, 0]);
	assert.equal(rowsOf("/created/graphql").length, 0);
	assert.deepEqual([rowsOf("/redirect/manual")[0]!.o, rowsOf("/redirect/manual")[0]!.st], ["ok", undefined]);
});

test("a header that the page expects counts as read or not", async () => {
	const page = await world.open({ expectHeaders: [{ path: "/exposed/*", names: ["X-Total", "X-Page"] }] });
	await page.evaluate(async (api) => {
		await fetch(`${api}/exposed/list`);
		await new Promise((resolve) => {
			const xhr = new XMLHttpRequest();
			xhr.onloadend = resolve;
			xhr.open("GET", `${api}/exposed/list`);
			xhr.send();
		});
	}, world.api.origin);
	await until(
		"both reads",
		() =>
			rowsOf("/exposed/list")
				.filter((row) => row.k)
				.reduce((sum, row) => sum + (row.n ?? 1), 0) === 4,
	);
	const reads = rowsOf("/exposed/list").filter((row) => row.k);
	assert.ok(
		reads.every((row) => row.o === (row.by === "x-total" ? "ok" : "blocked")),
		JSON.stringify(reads),
	);
});

test("a preflight's duration is told where the server lets the page see it, a cached one is not", async () => {
	const page = await world.open({ flushInterval: 400 });
	await page.evaluate(async (api) => {
		const get = () => fetch(`${api}/tao/timed`, { headers: { "x-custom": "1" } }).then((r) => r.text());
		await get();
		await get();
		await get();
	}, world.api.origin);
	await world.edge.row("of the request", ({ ep, pl }) => ep === "/tao/timed" && !!pl);
	const measured = rowsOf("/tao/timed").flatMap((row) => row.pl ?? []);
	// Under load a cached one is late, too: by milliseconds, never by a round trip.
	const roundTrips = measured.filter((_, at) => at % 2 === 1 && measured[at - 1]! >= bucket(250));
	assert.deepEqual(roundTrips, [1], `${measured}`);
	assert.equal(
		world.api.seen.filter(({ method, url }) => method === "OPTIONS" && url === "/tao/timed").length,
		1,
	);
});

test("an endpoint that fails again is not probed again, and a success is remembered", async () => {
	const page = await world.open();
	const asked = world.api.seen.length;
	await page.evaluate(async (api) => {
		for (let i = 0; i < 5; i++) await fetch(`${api}/noacao/again?i=${i}`).catch(() => {});
	}, world.api.origin);
	await until("five", () => rowsOf("/noacao/again").length === 5);
	assert.equal(world.api.seen.length - asked, 5 + 2);
});

test("a policy that breaks under an open page is a block, although it worked before", async () => {
	const page = await world.open();
	await page.evaluate(async (api) => {
		await fetch(`${api}/flaky/warm`).catch(() => {});
		await new Promise((resolve) => setTimeout(resolve, 300));
		await fetch(`${api}/flaky/warm`, { headers: { "x-custom": "1" } });
	}, world.api.origin);
	await world.edge.row("of the success", ({ ep, p, st }) => ep === "/flaky/warm" && !!p && st === 200);
	await page.route("**/flaky/warm", (route, request) =>
		request.headers()["x-custom"] ? route.abort() : route.continue(),
	);
	await page.evaluate(
		(url) => fetch(url, { headers: { "x-custom": "1" } }).catch(() => {}),
		`${world.api.origin}/flaky/warm`,
	);
	const row = await world.edge.row("of the failure", ({ ep, p, o }) => ep === "/flaky/warm" && !!p && !!o);
	assert.deepEqual([row.o, row.stage, row.cf, row.ev], ["blocked", "preflight", undefined, "B+P-"]);
});

test("a success names the headers that need a preflight, as a failure does", async () => {
	const page = await world.open();
	await page.evaluate(async (api) => {
		const headers = { "x-custom": "1", accept: "*/*", "content-type": "application/json" };
		await fetch(`${api}/ok/named`, { method: "PUT", headers, body: "{}" });
		await fetch(`${api}/ok/plain`);
	}, world.api.origin);
	const named = await world.edge.row("of the PUT", ({ ep }) => ep === "/ok/named");
	assert.deepEqual([named.st, named.p, named.by], [200, 1, "content-type,x-custom"]);
	const plain = await world.edge.row("of the GET", ({ ep }) => ep === "/ok/plain");
	assert.equal(plain.by, undefined);
});

test("after twenty failures only counts are sent, and probes have a budget", async () => {
	const page = await world.open({ flushInterval: 300 });
	const asked = world.api.seen.length;
	await page.evaluate(async (api) => {
		for (let i = 0; i < 40; i++) {
			const word = String.fromCharCode(97 + Math.min(i, 15)).repeat(3);
			await fetch(`${api}/noacao/many/${word}`, { headers: { "x-custom": "1" } }).catch(() => {});
		}
	}, world.api.origin);
	const mine = () => world.edge.rows().filter((row) => row.ep.startsWith("/noacao/many/"));
	const total = () => mine().reduce((sum, row) => sum + (row.n ?? 1), 0);
	await until("all forty", () => total() === 40);
	assert.ok(mine().filter((row) => !row.n).length >= 20);
	assert.ok(mine().length < 40, "the later ones share rows");
	assert.ok(world.api.seen.slice(asked).filter(({ method }) => method !== "OPTIONS").length <= 8 * 2);
	assert.ok(mine().some((row) => row.o === "unknown" && row.ev === "budget"));
});

for (const [probes, o, ev, sent] of [
	["cheap", "blocked", "A+", 1],
	["off", "unknown", "off", 0],
] as const) {
	test(`with probes ${probes} a block is ${o} and ${sent} requests are sent for it`, async () => {
		const page = await world.open({ probes });
		const asked = world.api.seen.length;
		await page.evaluate((url) => fetch(url).catch(() => {}), `${world.api.origin}/noacao/probes/${probes}`);
		const row = await world.edge.row("of the block", ({ ep }) => ep === `/noacao/probes/${probes}`);
		assert.deepEqual([row.o, row.ev], [o, ev]);
		assert.equal(world.api.seen.length - asked, 1 + sent);
	});
}

test("probes carry no credentials and no headers of the page", async () => {
	const page = await world.open();
	await page.context().addCookies([{ name: "sid", value: "1", domain: "127.0.0.1", path: "/" }]);
	const asked = world.api.seen.length;
	await page.evaluate(
		(url) => fetch(url, { credentials: "include" }).catch(() => {}),
		`${world.api.origin}/noacao/cookies`,
	);
	await world.edge.row("of the block", ({ ep }) => ep === "/noacao/cookies");
	const [own, ...probes] = world.api.seen.slice(asked);
	assert.equal(own!.headers.cookie, "sid=1");
	assert.equal(probes.length, 2);
	assert.ok(probes.every(({ headers }) => !headers.cookie));
	assert.ok(world.edge.posts.at(-1)!.headers.cookie === undefined);
});
