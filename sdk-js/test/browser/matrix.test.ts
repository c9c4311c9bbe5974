import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world as open, type World } from "../fixture/browser";
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

interface Case {
	/** Path at the API, or a whole URL. */
	path: string | ((world: World) => string);
	init?: RequestInit & { headers?: Record<string, string> };
	/** Outcome, stage, confidence, evidence, status. */
	o?: string;
	stage?: string;
	cf?: string;
	ev?: string;
	st?: number;
	/** Milliseconds after which the page aborts. */
	abort?: number;
}

const json = { "content-type": "application/json" };
const include = { credentials: "include" as const };
const put = { method: "PUT", headers: { "x-custom": "1" } };

const cases: Record<string, Case> = {
	"a simple request that is allowed": { path: "/ok/a", st: 200 },
	"a preflighted request that is allowed": { path: "/ok/b", init: put, st: 200 },
	"a credentialed request that is allowed": { path: "/cred/a", init: include, st: 200 },
	"an error with CORS headers": { path: "/error/a", st: 500 },
	"a missing allow-origin": { path: "/noacao/a", o: "blocked", stage: "response", cf: "proven", ev: "A+B-" },
	"a missing allow-origin on POST": {
		path: "/noacao/b",
		init: { method: "POST", body: "x" },
		o: "blocked",
		stage: "response",
		ev: "A+B-",
	},
	"a missing allow-origin, credentialed": {
		path: "/noacao/c",
		init: include,
		o: "blocked",
		stage: "response",
		ev: "A+B-",
	},
	"a missing allow-origin hidden by resource policy": {
		path: "/noacaocorp/a",
		o: "blocked",
		stage: "response",
		ev: "A-E+B-",
	},
	"an allow-origin for another": {
		path: "/mismatch/a",
		o: "blocked",
		stage: "response",
		cf: "proven",
		ev: "A+B-",
	},
	"two allow-origins": { path: "/two/a", o: "blocked", stage: "response", cf: "proven", ev: "A+B-" },
	"a wildcard for a credentialed request": {
		path: "/star/a",
		init: include,
		o: "blocked",
		stage: "response",
		ev: "A+B+",
	},
	"a missing allow-credentials": {
		path: "/nocred/a",
		init: include,
		o: "blocked",
		stage: "response",
		ev: "A+B+",
	},
	"a gateway error without CORS headers": {
		path: "/gwbad/a",
		o: "blocked",
		stage: "response",
		cf: "proven",
		ev: "A+B-",
	},
	"a refusal to log in without CORS headers": {
		path: "/gwlogin/a",
		o: "blocked",
		stage: "response",
		cf: "proven",
		ev: "A+B-",
	},
	"a preflight answered 403": {
		path: "/prenoten/a",
		init: put,
		o: "blocked",
		stage: "preflight",
		ev: "A+B+",
	},
	"a preflight answered 404": {
		path: "/prenotfound/a",
		init: { method: "POST", body: "{}", headers: json },
		o: "blocked",
		stage: "preflight",
		ev: "A+B+",
	},
	"a preflight answered 500": {
		path: "/preerror/a",
		init: put,
		o: "blocked",
		stage: "preflight",
		ev: "A+B+",
	},
	"CORS nowhere": { path: "/prenothing/a", init: put, o: "blocked", stage: "unknown", ev: "A+B-" },
	"a header that is not allowed": {
		path: "/preheader/a",
		init: { headers: { "x-custom": "1" } },
		o: "blocked",
		stage: "preflight",
		ev: "A+B+",
	},
	"a method that is not allowed": {
		path: "/premethod/a",
		init: { method: "PUT" },
		o: "blocked",
		stage: "preflight",
		ev: "A+B+",
	},
	"a preflight that is right and an answer that is not": {
		path: "/preonly/a",
		init: put,
		o: "blocked",
		stage: "unknown",
		ev: "A+B-",
	},
	"GET without allow-origin where HEAD has it": {
		path: "/headonly/a",
		o: "blocked",
		stage: "response",
		cf: "proven",
		ev: "A+B-",
	},
	"GET without allow-origin where HEAD resets": {
		path: "/headreset/a",
		o: "blocked",
		stage: "response",
		cf: "proven",
		ev: "A+B-",
	},
	"a redirect without allow-origin": {
		path: (w) => `/redirect/a?bare&to=${w.api.origin}/ok/r`,
		o: "blocked",
		stage: "response",
		cf: "proven",
		ev: "A+B-",
	},
	"a redirect to a server without allow-origin": {
		path: (w) => `/redirect/b?to=${w.api.origin}/noacao/r`,
		o: "blocked",
		stage: "redirect",
		cf: "proven",
		ev: "A+BrB-",
	},
	"a redirect that is allowed": { path: (w) => `/redirect/c?to=${w.api.origin}/ok/r`, st: 200 },
	"a redirect to a port that refuses": {
		path: (w) => `/redirect/d?to=${w.refused}/x`,
		o: "network",
		ev: "A-E-R+",
	},
	"a port that refuses": { path: (w) => `${w.refused}/items`, o: "network", ev: "A-E-R-" },
	"a port that refuses, preflighted": {
		path: (w) => `${w.refused}/cart`,
		init: put,
		o: "network",
		ev: "down",
	},
	"a reset": { path: "/reset/a", o: "network", ev: "A-E-R+" },
	"an empty reply": { path: "/empty/a", o: "network", ev: "A-E-R+" },
	"bytes that are not HTTP": { path: "/garbage/a", o: "network", ev: "A-E-R+" },
	"a reset of GET only": { path: "/getreset/a", o: "network", ev: "A-E-R+" },
	"a reset of POST only": {
		path: "/postreset/a",
		init: { method: "POST", body: "x" },
		o: "network",
		ev: "A+B+",
	},
	"a reset that happens once": { path: "/flaky/a", o: "network", ev: "A+B+" },
	"a slow answer": { path: "/slow/a", st: 200 },
	"an abort": { path: "/never/a", o: "aborted", cf: "proven", ev: "abort", abort: 50 },
};

const xhrToo = new Set([
	"a simple request that is allowed",
	"a preflighted request that is allowed",
	"an error with CORS headers",
	"a missing allow-origin",
	"a wildcard for a credentialed request",
	"a preflight answered 403",
	"a header that is not allowed",
	"a redirect to a server without allow-origin",
	"a port that refuses",
	"a reset",
	"an abort",
]);

for (const kind of ["fetch", "xhr"] as const) {
	for (const [name, wanted] of Object.entries(cases)) {
		if (kind === "xhr" && !xhrToo.has(name)) continue;
		test(`${kind}: ${name} is ${wanted.o ?? wanted.st}`, async () => {
			const before = world.edge.rows().length;
			const page = await world.open();
			if (wanted.ev === "down") {
				await page.evaluate((url) => fetch(url).catch(() => {}), `${world.refused}/first`);
				await world.edge.row("of the first", (row) => row.ev === "A-E-R-" && row.ep === "/first");
			}
			const path = typeof wanted.path === "string" ? wanted.path : wanted.path(world);
			const url = path.startsWith("/") ? world.api.origin + path : path;
			await page.evaluate(ask, { kind, url, init: wanted.init ?? {}, abort: wanted.abort });
			const { pathname, origin } = new URL(url);
			const mine = () =>
				world.edge
					.rows()
					.slice(before)
					.filter((found) => found.ep === pathname && found.to === origin);
			await until(`a row of ${pathname}`, () => mine()[0]);
			const row = mine();
			assert.equal(row.length, 1, JSON.stringify(row));
			const { o, stage, cf, ev, st, n, m, c, p } = row[0]!;
			assert.deepEqual(
				{ o, stage, cf, ev, st, n, m, c, p },
				{
					o: wanted.o,
					stage: wanted.stage,
					cf: wanted.cf,
					ev: wanted.ev,
					st: wanted.st,
					n: undefined,
					m: wanted.init?.method,
					c: wanted.init?.credentials ? 1 : undefined,
					p: wanted.init?.headers || wanted.init?.method === "PUT" ? 1 : undefined,
				},
			);
			await page.context().close();
		});
	}
}

interface Asked {
	kind: string;
	url: string;
	init: RequestInit & { headers?: Record<string, string> };
	abort: number | undefined;
}

/** Runs in the page. */
function ask({ kind, url, init, abort }: Asked): Promise<unknown> | undefined {
	if (kind === "fetch") {
		const control = new AbortController();
		if (abort) setTimeout(() => control.abort(), abort);
		return fetch(url, { ...init, signal: control.signal }).catch(() => {});
	}
	const xhr = new XMLHttpRequest();
	xhr.open(init.method ?? "GET", url);
	for (const name in init.headers) xhr.setRequestHeader(name, init.headers[name]!);
	xhr.withCredentials = init.credentials === "include";
	xhr.send(init.body as string);
	if (abort) setTimeout(() => xhr.abort(), abort);
	return;
}
