// What pages hand to `fetch` and get from it is theirs, whatever it is, in three engines.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Engine, engines, start } from "../fixture/engine";
import { type Servers, servers } from "../fixture/servers";

/** Runs in the page: what it sees of requests whose errors and arguments are peculiar. */
async function look(api: string): Promise<unknown> {
	const thrown: string[] = [];
	addEventListener("error", ({ message }) => thrown.push(message));
	const reasons: Record<string, () => unknown> = {
		"an error with a symbol for a name": () => Object.assign(new Error("x"), { name: Symbol("name") }),
		"an object for a message": () => ({ name: "E", message: { toString: () => ({}) } }),
		"a name that throws": () => ({
			get name() {
				throw new Error("mine");
			},
		}),
		"a proxy that throws": () =>
			new Proxy(
				{},
				{
					get() {
						throw new Error("mine");
					},
				},
			),
		"a symbol": () => Symbol("why"),
		nothing: () => null,
		"a text": () => "why",
	};
	const same: Record<string, boolean> = {};
	for (const name in reasons) {
		const reason = reasons[name]!();
		same[name] = await fetch(`${api}/ok/x`, { signal: AbortSignal.abort(reason) }).then(
			() => false,
			(error) => error === reason,
		);
	}
	const read: string[] = [];
	const init = {
		get method() {
			read.push("method");
			return "POST";
		},
		get headers() {
			read.push("headers");
			return { accept: "text/plain" };
		},
	};
	const init_status = await fetch(`${api}/ok/x`, init).then(({ status }) => status);
	const headers = {
		*[Symbol.iterator]() {
			read.push("iterator");
			yield ["accept", "text/plain"] as [string, string];
		},
	};
	const iterable_status = await fetch(`${api}/ok/x`, { headers: headers as unknown as HeadersInit }).then(
		({ status }) => status,
	);
	const generator = (function* () {
		yield ["accept", "text/html"];
	})();
	const generator_status = await fetch(`${api}/ok/x`, { headers: generator as unknown as HeadersInit }).then(
		({ status }) => status,
	);
	const record = {
		get accept() {
			read.push("record");
			return "text/plain";
		},
	};
	const record_status = await fetch(`${api}/ok/x`, { headers: record }).then(({ status }) => status);
	return {
		same,
		read,
		statuses: [init_status, iterable_status, generator_status, record_status],
		texts: [`${fetch}`, fetch.toString(), fetch.name, fetch.length, `${XMLHttpRequest.prototype.open}`],
		thrown,
	};
}

for (const name of engines) {
	describe(name, () => {
		let world: Servers;
		let engine: Engine;
		before(async () => {
			[world, engine] = await Promise.all([servers(), start(name)]);
		});
		after(() => Promise.all([world.close(), engine.close()]));

		test("errors, arguments and functions are as they are without it", async () => {
			const seen = async (sdk: object | null) => {
				const tab = await engine.open(world.page(sdk));
				const all = await tab.evaluate(look, world.api.origin);
				await tab.close();
				return all;
			};
			assert.deepEqual(await seen({}), await seen(null));
		});

		test("a failure whose error cannot be read counts all the same", async () => {
			const tab = await engine.open(world.page());
			await tab.evaluate((url) => {
				const name = { toString: () => Symbol("no text") };
				const signal = AbortSignal.abort({ name });
				return fetch(url, { signal }).catch(() => {});
			}, `${world.api.origin}/ok/unreadable`);
			const row = await world.edge.row("of the failure", ({ ep }) => ep === "/ok/unreadable");
			assert.equal(row.o, "aborted");
			await tab.close();
		});

		test("a failure of a new kind is sent soon, its repetition with the next beacon", async () => {
			const tab = await engine.open(world.page({ flushInterval: 600_000 }));
			const posts = () => world.edge.posts.filter(({ text }) => text.includes("/noacao/soon"));
			const fail = (path: string) =>
				tab.evaluate((url) => fetch(url).catch(() => {}), `${world.api.origin}/noacao/soon/${path}`);
			await fail("first");
			await world.edge.row("of the first", ({ ep }) => ep === "/noacao/soon/first");
			await fail("first");
			await fail("second");
			await world.edge.row("of the second", ({ ep }) => ep === "/noacao/soon/second");
			assert.deepEqual(
				posts().map(({ beacon }) => beacon.rows.length),
				[1, 2],
				"the repetition alone sends nothing",
			);
			const [beacon] = posts();
			assert.ok(beacon!.beacon.age - beacon!.beacon.rows[0]!.at < 2000);
			await tab.close();
		});
	});
}
