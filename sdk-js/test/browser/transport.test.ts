import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world as open, type World } from "../fixture/browser";
import { until } from "../fixture/server";

let world: World;
before(async () => {
	world = await open();
});
after(() => world.close());

const postsWith = (ep: string) => world.edge.posts.filter(({ text }) => text.includes(`"${ep}"`));
const ask = (url: string) => fetch(url).then((response) => response.status);

for (const [name, word, answer, atLeast] of [
	["429 with Retry-After", "busy", { status: 429, headers: { "retry-after": "1" } }, 1000],
	["503 with Retry-After", "shed", { status: 503, headers: { "retry-after": "1" } }, 1000],
	["500", "broken", { status: 500 }, 400],
	["a closed connection", "closed", { status: 0 }, 400],
] as const) {
	test(`after ${name} the same beacon is sent again, older`, async () => {
		const page = await world.open();
		const ep = `/ok/retry/${word}`;
		world.edge.answers.push(answer);
		await page.evaluate(ask, world.api.origin + ep);
		// Chromium itself tries a reset connection once more.
		await until("accepted", () => postsWith(ep).some(({ status }) => status === 204));
		const posts = postsWith(ep);
		const [first, last] = [posts[0]!, posts.at(-1)!];
		assert.equal(new Set(posts.map(({ beacon }) => beacon.id)).size, 1);
		assert.deepEqual({ ...last.beacon, age: 0 }, { ...first.beacon, age: 0 });
		// By the page's clock: each attempt states its age anew, in whole milliseconds.
		const waited = last.beacon.age - first.beacon.age + 1;
		if (answer.status) assert.ok(waited >= atLeast, `${waited} ms`);
	});
}

for (const status of [400, 401, 403, 413, 415]) {
	test(`a beacon refused with ${status} is not sent again, the next one is`, async () => {
		const page = await world.open();
		world.edge.answers.push({ status });
		await page.evaluate(ask, `${world.api.origin}/ok/refused/first`);
		await until("refused", () => postsWith("/ok/refused/first").length);
		await page.evaluate(ask, `${world.api.origin}/ok/refused/next`);
		await until("accepted", () => postsWith("/ok/refused/next").length);
		assert.equal(postsWith("/ok/refused/first").length, 1);
		await page.context().close();
		world.edge.posts.length = 0;
	});
}

test("410 puts native fetch and XHR back and sends nothing more", async () => {
	const page = await world.open(
		{},
		{
			init: () => {
				Object.assign(globalThis, {
					kept: [
						fetch,
						XMLHttpRequest.prototype.open,
						XMLHttpRequest.prototype.send,
						XMLHttpRequest.prototype.setRequestHeader,
					],
				});
			},
		},
	);
	const native = () => {
		const { prototype } = XMLHttpRequest;
		const { kept } = globalThis as unknown as { kept: unknown[] };
		return [fetch, prototype.open, prototype.send, prototype.setRequestHeader].map(
			(it, at) => it === kept[at],
		);
	};
	assert.deepEqual(await page.evaluate(native), [false, false, false, false]);
	world.edge.answers.push({ status: 410 });
	await page.evaluate(ask, `${world.api.origin}/ok/killed`);
	await until("native again", async () => (await page.evaluate(native)).every(Boolean));
	const sent = world.edge.posts.length;
	await page.evaluate(ask, `${world.api.origin}/ok/killed`);
	await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
	assert.equal(world.edge.posts.length, sent);
});

test("the server can lengthen the interval", async () => {
	const page = await world.open({ flushInterval: 50 });
	world.edge.answers.push({ status: 204, headers: { "corswatch-flush-interval": "2" } });
	const heard = page.waitForResponse(`${world.edge.origin}/v1/b/k`);
	await page.evaluate(ask, `${world.api.origin}/ok/interval/first`);
	const first = await until("the first", () => postsWith("/ok/interval/first")[0]);
	await heard;
	await page.evaluate(ask, `${world.api.origin}/ok/interval/second`);
	const second = await until("the second", () => postsWith("/ok/interval/second")[0]);
	assert.ok(second.at - first.at > 1800, `${second.at - first.at} ms`);
});

test("the server can limit probes and stop single observers, from the next answer on", async () => {
	const page = await world.open({ flushInterval: 50 });
	const limit = async (value: string, ep: string) => {
		world.edge.answers.push({ status: 204, headers: value ? { "corswatch-sdk": value } : {} });
		const heard = page.waitForResponse(`${world.edge.origin}/v1/b/k`);
		await page.evaluate(ask, world.api.origin + ep);
		await heard;
	};
	const fails = async (path: string) => {
		await page.evaluate((url) => fetch(url).catch(() => {}), world.api.origin + path);
		return (await world.edge.row(`of ${path}`, ({ ep }) => ep === path)).ev;
	};
	await limit("probes=off stop=xhr", "/ok/limits/first");
	const xhr = (url: string) =>
		new Promise<void>((done) => {
			const xhr = new XMLHttpRequest();
			xhr.open("GET", url);
			xhr.onloadend = () => done();
			xhr.send();
		});
	await page.evaluate(xhr, `${world.api.origin}/ok/limits/unseen`);
	assert.equal(await fails("/noacao/limits/off"), "off");
	assert.equal(postsWith("/ok/limits/unseen").length, 0);
	await limit("probes=cheap", "/ok/limits/second");
	assert.equal(await fails("/noacao/limits/cheap"), "A+");
	await limit("", "/ok/limits/third");
	await page.evaluate(xhr, `${world.api.origin}/ok/limits/seen`);
	await until("seen", () => postsWith("/ok/limits/seen").length);
	assert.equal(await fails("/noacao/limits/full"), "A+B-");
});

test("the server never extends what the page permits", async () => {
	const page = await world.open({ flushInterval: 50, probes: "off" });
	world.edge.answers.push({ status: 204, headers: { "corswatch-sdk": "probes=cheap" } });
	const heard = page.waitForResponse(`${world.edge.origin}/v1/b/k`);
	await page.evaluate(ask, `${world.api.origin}/ok/limits/own`);
	await heard;
	await page.evaluate((url) => fetch(url).catch(() => {}), `${world.api.origin}/noacao/limits/own`);
	const row = await world.edge.row("of the failure", ({ ep }) => ep === "/noacao/limits/own");
	assert.equal(row.ev, "off");
});

test("the full script reports its probes, the default script only what the page asked", async () => {
	for (const [script, probes] of [
		["/corswatch-full.js", 2],
		["/corswatch.js", undefined],
	] as const) {
		const page = await world.open({}, { script });
		const ep = `/noacao/own/${script === "/corswatch.js" ? "default" : "full"}`;
		await page.evaluate((url) => fetch(url).catch(() => {}), world.api.origin + ep);
		const post = await until("the failure", () => postsWith(ep)[0]);
		assert.equal((post.beacon as { probes?: number }).probes, probes);
	}
});

test("the module tells the page of each verdict, with the very error; what the page throws then is lost", async () => {
	const page = await world.open(null);
	const found = await page.evaluate(
		async ([edge, api]) => {
			const { start } = await import(`${location.origin}/corswatch.mjs`);
			let rejections = 0;
			addEventListener("unhandledrejection", () => rejections++);
			let told: unknown;
			const telling = new Promise<{ error: unknown; finding: { o: string; ep: string } }>((resolve) => {
				const onVerdict = (error: unknown, finding: { o: string; ep: string }) => {
					resolve({ error, finding });
					throw new Error("of the page");
				};
				start({ key: "k", url: edge, onVerdict });
			});
			await fetch(`${api}/noacao/told`).catch((error) => {
				told = error;
			});
			const { error, finding } = await telling;
			await new Promise((resolve) => setTimeout(resolve, 50));
			return [error === told, finding.o, finding.ep, rejections];
		},
		[world.edge.origin, world.api.origin] as const,
	);
	assert.deepEqual(found, [true, "blocked", "/noacao/told", 0]);
});

test("what is recorded is delivered when the page goes away", async () => {
	const page = await world.open({ flushInterval: 60_000 });
	await page.evaluate(ask, `${world.api.origin}/ok/bye`);
	await page.goto("about:blank");
	const post = await until("the beacon", () => postsWith("/ok/bye")[0]);
	assert.equal(post.beacon.rows[0]!.st, 200);
});

test("a page that is hidden often does not use up what the browser keeps alive", async () => {
	const ROUNDS = 16;
	const init = () => {
		const real = fetch;
		globalThis.fetch = (url, init) =>
			`${url}`.includes("/quick/") ? Promise.resolve(new Response("{}")) : real(url, init);
	};
	const page = await world.open({ flushInterval: 60_000 }, { init });
	for (let round = 0; round < ROUNDS; round++) {
		await page.evaluate(
			async ([api, round]) => {
				const word = "abcdefghijklmnopqrstuvwxyz";
				for (let i = 0; i < 80; i++)
					await fetch(`${api}/quick/${word}/${word[i % 26]}${word[Math.floor(i / 26)]}`);
				await fetch(`${api}/quick/round/v${round}`);
				Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
				document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
			},
			[world.api.origin, round],
		);
		await until(`beacon ${round}`, () => postsWith(`/quick/round/v${round}`)[0]);
	}
	const bytes = world.edge.posts.slice(-ROUNDS).reduce((sum, { text }) => sum + text.length, 0);
	assert.ok(bytes > 65_536, `${bytes}`);
});

test("a failure that waits for its verdict is delivered when the page goes away", async () => {
	const page = await world.open({ flushInterval: 60_000 });
	await page.evaluate((url) => fetch(url).catch(() => {}), `${world.api.origin}/stall/bye`);
	await page.goto("about:blank");
	const { rows } = (await until("the beacon", () => postsWith("/stall/bye")[0])).beacon;
	assert.deepEqual([rows.length, rows[0]!.o, rows[0]!.ev], [1, "unknown", "pending"]);
});

test("a beacon that was refused for load goes out once more when the page goes away", async () => {
	const page = await world.open();
	world.edge.answers.push({ status: 503, headers: { "retry-after": "60" } });
	await page.evaluate(ask, `${world.api.origin}/ok/late`);
	await until("the first attempt", () => postsWith("/ok/late").length);
	await page.goto("about:blank");
	await until("the second", () => postsWith("/ok/late").length === 2);
	const [first, second] = postsWith("/ok/late");
	assert.equal(first!.beacon.id, second!.beacon.id);
});

test("a hidden page sends what it has", async () => {
	const page = await world.open({ flushInterval: 60_000 });
	await page.evaluate(ask, `${world.api.origin}/ok/hidden`);
	await page.evaluate(() => {
		Object.defineProperty(document, "visibilityState", { value: "hidden" });
		document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
	});
	await until("the beacon", () => postsWith("/ok/hidden")[0]);
});

test("a machine that slept tells the true age, and drops what is too old", async () => {
	const page = await world.open(
		{},
		{
			init: () => {
				const real = Date.now;
				let slept = 0;
				Date.now = () => real() + slept;
				Object.assign(globalThis, { sleep: (ms: number) => (slept += ms) });
			},
		},
	);
	world.edge.answers.push({ status: 503, headers: { "retry-after": "1" } });
	await page.evaluate(ask, `${world.api.origin}/ok/asleep`);
	await until("the first attempt", () => postsWith("/ok/asleep").length);
	await page.evaluate(() => (globalThis as unknown as { sleep(ms: number): void }).sleep(120_000));
	const again = await until("the second", () => postsWith("/ok/asleep")[1]);
	assert.ok(again.beacon.age >= 120_000 && again.beacon.age < 130_000, `${again.beacon.age}`);

	world.edge.answers.push({ status: 503, headers: { "retry-after": "1" } });
	await page.evaluate(ask, `${world.api.origin}/ok/too/old`);
	await until("the first attempt", () => postsWith("/ok/too/old").length);
	await page.evaluate(() => (globalThis as unknown as { sleep(ms: number): void }).sleep(300_000));
	await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1600)));
	assert.equal(postsWith("/ok/too/old").length, 1);
});

test("sixteen kibibytes go out at once, in beacons the edge takes", async () => {
	const page = await world.open({ flushInterval: 60_000 });
	await page.evaluate(async (api) => {
		const words = Array.from(
			{ length: 100 },
			(_, i) => [..."abcdefghij"][i % 10]!.repeat(12) + [..."abcdefghij"][Math.floor(i / 10)],
		);
		for (const method of ["GET", "HEAD"]) {
			for (const word of words) await fetch(`${api}/ok/${word}/${word}`, { method });
		}
	}, world.api.origin);
	const post = await until("a beacon", () => postsWith("/ok/aaaaaaaaaaaaa/aaaaaaaaaaaaa")[0]);
	assert.ok(post.text.length > 8_000 && post.text.length < 16_384, `${post.text.length}`);
});

test("an idle page runs no timer", async () => {
	const page = await world.open(
		{ flushInterval: 50 },
		{
			init: () => {
				const real = setTimeout;
				const running = new Set();
				Object.assign(globalThis, {
					running,
					setTimeout: (then: () => void, ms: number) => {
						const timer = real(() => {
							running.delete(timer);
							then();
						}, ms);
						running.add(timer);
						return timer;
					},
				});
			},
		},
	);
	await page.evaluate(ask, `${world.api.origin}/ok/idle`);
	await until("the beacon", () => postsWith("/ok/idle")[0]);
	await until("no timer", () =>
		page.evaluate(() => !(globalThis as unknown as { running: Set<unknown> }).running.size),
	);
});

test("nothing happens before consent, and nothing after it is withdrawn", async () => {
	const page = await world.open({ consent: false });
	await page.evaluate(ask, `${world.api.origin}/ok/consent/no`);
	await page.evaluate(() =>
		(globalThis as unknown as { corswatch: { consent(given: boolean): void } }).corswatch.consent(true),
	);
	await page.evaluate(ask, `${world.api.origin}/ok/consent/yes`);
	await until("the beacon", () => postsWith("/ok/consent/yes")[0]);
	await page.evaluate(async (url) => {
		await fetch(url);
		const underWay = fetch(url);
		(globalThis as unknown as { corswatch: { consent(given: boolean): void } }).corswatch.consent(false);
		await underWay;
		await fetch(url);
	}, `${world.api.origin}/ok/consent/gone`);
	await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
	assert.equal(postsWith("/ok/consent/no").length + postsWith("/ok/consent/gone").length, 0);
});

test("an opt-out of the browser is honoured where the options say so", async () => {
	const init = () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true });
	const off = await world.open({ optOut: "off" }, { init });
	await off.evaluate(ask, `${world.api.origin}/ok/gpc/off`);
	const on = await world.open({}, { init });
	await on.evaluate(ask, `${world.api.origin}/ok/gpc/on`);
	await until("the other", () => postsWith("/ok/gpc/on")[0]);
	assert.equal(postsWith("/ok/gpc/off").length, 0);
});

test("stop sends what is recorded and puts everything back; start works again", async () => {
	const page = await world.open({ flushInterval: 60_000 });
	await page.evaluate(async (url) => {
		await fetch(url);
		(globalThis as unknown as { corswatch: { stop(): void } }).corswatch.stop();
		await fetch(url);
	}, `${world.api.origin}/ok/stopped`);
	const post = await until("the beacon", () => postsWith("/ok/stopped")[0]);
	assert.equal(post.beacon.rows[0]!.n, undefined);
	await page.evaluate(
		async ([edge, url]) => {
			const { start } = await import(`${location.origin}/corswatch.mjs`);
			start({ key: "again", url: edge, flushInterval: 50 });
			await fetch(url!);
		},
		[world.edge.origin, `${world.api.origin}/ok/started`],
	);
	assert.equal((await until("the beacon", () => postsWith("/ok/started")[0])).key, "again");
});

test("nothing that the options or the page get wrong reaches the page", async () => {
	const page = await world.open({ expectHeaders: [{ path: "/ok/wrong", names: ["not a name", "("] }] });
	const status = await page.evaluate(async (url) => {
		const { status } = await fetch(url, null as unknown as RequestInit);
		return new Promise((resolve) => {
			const xhr = new XMLHttpRequest();
			xhr.onloadend = () => resolve([status, xhr.status]);
			xhr.open("GET", url);
			xhr.send();
		});
	}, `${world.api.origin}/ok/wrong`);
	assert.deepEqual(status, [200, 200]);
	await until("the beacon", () => postsWith("/ok/wrong")[0]);
});

test("a request to the page's own server through an absolute address is not counted", async () => {
	const page = await world.open();
	await page.evaluate(
		async ([api]) => {
			await fetch(`${location.origin}/same/absolute`);
			await fetch(`${api}/ok/foreign#fragment`);
		},
		[world.api.origin],
	);
	const post = await until("the beacon", () => postsWith("/ok/foreign")[0]);
	assert.equal(post.beacon.rows.length, 1);
});
