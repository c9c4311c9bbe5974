import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Observed } from "../../src/options";
import { readConsoles } from "../../src/tools/console";
import { addCorsCommand, type CyLike, corsTasks } from "../../src/tools/cypress";
import { explain } from "../../src/tools/explain";
import { fail } from "../../src/tools/report";
import { api } from "../fixture/api";
import type { Listening } from "../fixture/server";

const PAGE = "https://shop.test";
let server: Listening;
before(async () => {
	server = await api(PAGE);
});
after(() => server.close());

const texts: [engine: string, text: string, url: string | undefined, header: string | undefined][] = [
	[
		"Chromium",
		"Access to fetch at 'https://api.test/a' from origin 'https://shop.test' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
		"https://api.test/a",
		"Access-Control-Allow-Origin",
	],
	[
		"Chromium",
		"Access to XMLHttpRequest at 'https://api.test/b' (redirected from 'https://api.test/a') from origin 'https://shop.test' has been blocked by CORS policy: Request header field x-a is not allowed by Access-Control-Allow-Headers in preflight response.",
		"https://api.test/b",
		"Access-Control-Allow-Headers",
	],
	[
		"Chromium",
		"Access to font at 'https://cdn.test/f.woff2' from origin 'https://shop.test' has been blocked by CORS policy: The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials mode is 'include'.",
		"https://cdn.test/f.woff2",
		"Access-Control-Allow-Credentials",
	],
	[
		"Chromium",
		"Access to fetch at 'https://api.test/a' from origin 'https://shop.test' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.",
		"https://api.test/a",
		undefined,
	],
	[
		"Firefox",
		"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.test/a. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.",
		"https://api.test/a",
		"Access-Control-Allow-Origin",
	],
	[
		"Firefox",
		"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.test/a. (Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).",
		"https://api.test/a",
		"Access-Control-Allow-Methods",
	],
	[
		"WebKit",
		"Origin https://shop.test is not allowed by Access-Control-Allow-Origin. Status code: 200",
		undefined,
		"Access-Control-Allow-Origin",
	],
	[
		"WebKit",
		"Request header field X-A is not allowed by Access-Control-Allow-Headers.",
		undefined,
		"Access-Control-Allow-Headers",
	],
	["WebKit", "Preflight response is not successful. Status code: 403", undefined, undefined],
];

for (const [engine, text, url, header] of texts) {
	test(`a line of ${engine}'s console is read: ${text.slice(-60)}`, () => {
		assert.deepEqual(readConsoles([text]), [{ url, header, text }]);
	});
}

test("WebKit's two lines on one request are one block", () => {
	const text = "Origin https://shop.test is not allowed by Access-Control-Allow-Origin. Status code: 200";
	assert.deepEqual(
		readConsoles([text, "Fetch API cannot load https://api.test/a due to access control checks."]),
		[{ url: "https://api.test/a", header: "Access-Control-Allow-Origin", text }],
	);
});

test("other lines of a console are no blocks", () => {
	assert.deepEqual(
		readConsoles([
			"Failed to load resource: net::ERR_CONNECTION_REFUSED",
			"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.test/a. (Reason: CORS request did not succeed). Status code: (null).",
			"the page itself speaks of CORS and Access-Control-Allow-Origin",
		]),
		[],
	);
});

/** A blocked request of this shape. */
const observed = (path: string, finding: Partial<Observed["finding"]> = {}): Observed => ({
	url: server.origin + path,
	ms: 9,
	finding: { o: "blocked", ev: "B-", to: server.origin, ep: path, m: undefined, ...finding },
});

const explained: [path: string, finding: Partial<Observed["finding"]>, reason: string][] = [
	["/noacao/a", {}, "in the answer Access-Control-Allow-Origin is missing"],
	["/mismatch/a", {}, `in the answer Access-Control-Allow-Origin is "https://else.test", not "${PAGE}"`],
	["/ok/a", { c: 1 }, `in the answer Access-Control-Allow-Origin is "*", not "${PAGE}"`],
	["/nocred/a", { c: 1 }, "in the answer Access-Control-Allow-Credentials is missing"],
	[
		"/prenoten/a",
		{ m: "PUT", p: 1 },
		"in the answer to the preflight Access-Control-Allow-Origin is missing",
	],
	["/preerror/a", { m: "PUT", p: 1 }, "in the answer to the preflight the status is 500, not 200 to 299"],
	[
		"/premethod/a",
		{ m: "PUT", p: 1 },
		`in the answer to the preflight Access-Control-Allow-Methods is "POST", not with PUT in it`,
	],
	[
		"/preheader/a",
		{ p: 1, by: "x-a,x-else" },
		`in the answer to the preflight Access-Control-Allow-Headers is "x-else", not with x-a in it`,
	],
	["/preonly/a", { m: "PUT", p: 1 }, "in the answer Access-Control-Allow-Origin is missing"],
	[
		"/ok/a",
		{ stage: "response" },
		"the same request passes now; look at Access-Control-Allow-Origin of the answer, also where it is an error page",
	],
];

for (const [path, finding, reason] of explained) {
	test(`a request that is repeated tells why ${path} ${JSON.stringify(finding)} is blocked`, async () => {
		assert.equal(await explain(observed(path, finding), PAGE), reason);
	});
}

test("a redirect without CORS headers is named", async () => {
	const to = encodeURIComponent(`${server.origin}/ok/a`);
	const path = `/redirect/a?bare&to=${to}`;
	assert.equal(
		await explain(observed(path), PAGE),
		`in the answer of ${server.origin}${path} Access-Control-Allow-Origin is missing`,
	);
});

test("nothing but GET, HEAD and OPTIONS is repeated", async () => {
	const before = server.seen.length;
	await explain(observed("/ok/a", { m: "DELETE", p: 1 }), PAGE);
	assert.deepEqual(
		server.seen.slice(before).map(({ method }) => method),
		["OPTIONS", "HEAD"],
	);
});

test("one line or several", () => {
	assert.throws(
		() => fail([{ url: "https://a.test/", reason: "x" }]),
		/^Error: 1 request was blocked by CORS:\n/,
	);
	assert.throws(
		() => fail([1, 2].map(() => ({ url: undefined, reason: "x" }))),
		/^Error: 2 requests were blocked by CORS:\n {2}\(the browser does not say which\)\n {4}x\n/,
	);
	fail([]);
});

/** A `cy` whose commands run one after the other, as Cypress queues them. */
function cypress(page: object) {
	const commands: Record<string, (options?: object) => void> = {};
	const queue: (() => Promise<unknown>)[] = [];
	const chain = (start: () => unknown) => {
		let last: Promise<unknown> = Promise.resolve();
		queue.push(() => (last = Promise.resolve(start())));
		// biome-ignore lint/suspicious/noThenProperty: a chain of Cypress has one, and is no promise
		const it = { then: (next: (value: unknown) => unknown) => chain(() => last.then(next)) };
		return it;
	};
	const cy = {
		window: () => chain(() => page),
		task: (name: string, argument: never) => chain(() => corsTasks[name]!(argument)),
	};
	addCorsCommand(
		{ Commands: { add: (name, command) => void (commands[name] = command) } },
		cy as unknown as CyLike,
	);
	return async (options?: object) => {
		commands.expectNoCorsBlocks!(options);
		for (let next = queue.shift(); next; next = queue.shift()) await next();
	};
}

test("Cypress: the command asks the page for its verdicts, and its own process for the header", async () => {
	const page = (list: Observed[]) => ({
		origin: PAGE,
		[Symbol.for("corswatch")]: { verdicts: async () => list },
	});
	const network = { ...observed("/x"), finding: { ...observed("/x").finding, o: "network" } };
	await cypress(page([network]))();
	await assert.rejects(
		cypress(page([network, observed("/noacao/a")]))(),
		/1 request was blocked by CORS:\n.*\/noacao\/a\n.*Access-Control-Allow-Origin is missing/,
	);
	await cypress(page([observed("/noacao/a")]))({ except: ["/noacao/"] });
	await assert.rejects(cypress({ origin: PAGE })(), /no corswatch observes the page/);
});
