// Rejections that no one handles are raised as without the SDK, wherever the call came from, in three engines.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Engine, engines, start } from "../fixture/engine";
import { documents, type Servers, servers } from "../fixture/servers";

/** What the page keeps: what was raised, and what plays the forms. */
interface Observed {
	raised: string[];
	play(how: "aborted" | "blocked", url: string): Promise<void>;
}

/** Listens in a script of the page itself. */
function listenForRejections(): void {
	const raised: string[] = [];
	Object.assign(window, { raised });
	const listener = ({ type, reason, promise }: PromiseRejectionEvent) => {
		const { returned, reasons } = window as unknown as {
			returned: Map<unknown, string>;
			reasons: Map<unknown, string>;
		};
		const { name, message, stack } = Object(reason);
		// Elsewhere only errors of arguments have a stack.
		const shown = /Chrome/.test(navigator.userAgent) ? stack : "";
		const from = reasons.get(reason) ?? "the engine's";
		raised.push(
			`${type} of ${returned.get(promise) ?? "a derived promise"}, ${from} ${name}: ${message} ${shown}`,
		);
		if (returned.get(promise) === "handled late") promise.catch(() => {});
	};
	addEventListener("unhandledrejection", listener);
	addEventListener("rejectionhandled", listener);
}

/** What pages do with the promise of a request, all at once. */
function defineForms(): void {
	const ignore = () => {};
	const rethrow = (error: unknown) => {
		throw error;
	};
	type Ask = () => Promise<Response>;
	const forms: Record<string, (ask: Ask) => unknown> = {
		"left alone": (ask) => ask(),
		"handled late": (ask) => ask(),
		"then without catch": (ask) => ask().then(ignore),
		"two branches": (ask) => {
			const promise = ask();
			promise.then(ignore);
			return promise.then(ignore);
		},
		"one branch handled": (ask) => {
			const promise = ask();
			promise.catch(ignore);
			return promise.then(ignore);
		},
		handled: (ask) => ask().catch(ignore),
		"handled later in the chain": (ask) => ask().then().then(ignore, ignore),
		awaited: async (ask) => void (await ask()),
		"awaited twice": async (ask) => {
			const inner = async () => await ask();
			await inner();
		},
		"caught by an async function": async (ask) => {
			try {
				await ask();
			} catch {}
		},
		"thrown again": (ask) => ask().catch(rethrow),
		finally: (ask) => ask().finally(ignore),
		race: (ask) => Promise.race([ask(), new Promise(ignore)]),
		all: (ask) => Promise.all([ask(), ask()]),
		any: (ask) => Promise.any([ask()]),
		settled: (ask) => Promise.allSettled([ask()]),
		resolved: (ask) => Promise.resolve(ask()),
		adopted: (ask) => new Promise((resolve) => resolve(ask())),
		"called by a timer": (ask) => void setTimeout(ask),
		"called by a microtask": (ask) => queueMicrotask(ask),
	};
	const returned = new Map<unknown, string>();
	const reasons = new Map<unknown, string>();
	const play: Observed["play"] = async (how, url) => {
		for (const [form, run] of Object.entries(forms)) {
			// A wrapper of `fetch` cannot do without one microtask more; nothing else may change the order.
			if (how === "aborted") await new Promise((resolve) => setTimeout(resolve));
			const reason = { name: "Mine", message: form };
			reasons.set(reason, "the page's");
			const init = how === "aborted" ? { signal: AbortSignal.abort(reason) } : {};
			returned.set(
				run(() => fetch(url, init)),
				form,
			);
		}
		const request = new Request(url, { headers: { "x-custom": "1" } });
		returned.set(fetch(request), "of a request");
		returned.set(fetch(url, { method: "GET", body: "x" }), "with a wrong argument");
	};
	Object.assign(window, { play, returned, reasons });
}

/** How a script comes into the page. */
const elements = {
	"of the page's server": (path: string) => `<script src="${path}"></script>`,
	"of another server": (path: string, elsewhere: string) => `<script src="${elsewhere}${path}"></script>`,
	"of another server, with CORS": (path: string, elsewhere: string) =>
		`<script crossorigin src="${elsewhere}${path}"></script>`,
} satisfies Record<string, (path: string, elsewhere: string) => string>;

/** Runs in the page: what is raised for each way of failing; in their order where that is the page's own. */
async function playForms(url: string): Promise<Record<"aborted" | "blocked", string[]>> {
	const { raised } = window as unknown as Observed;
	const settled = async () => {
		for (let count = -1; count < raised.length; ) {
			count = raised.length;
			await new Promise((resolve) => setTimeout(resolve, 250));
		}
	};
	const run = async (how: "aborted" | "blocked") => {
		// By a script of the page: Chromium tells no listener of what a driver's script leaves unhandled.
		const script = document.createElement("script");
		script.textContent = `play(${JSON.stringify(how)}, ${JSON.stringify(url)})`;
		document.head.append(script);
		await settled();
		return raised.splice(0);
	};
	return { aborted: await run("aborted"), blocked: (await run("blocked")).sort() };
}

for (const name of engines) {
	describe(name, () => {
		let world: Servers;
		let engine: Engine;
		before(async () => {
			[world, engine] = await Promise.all([servers(), start(name)]);
		});
		after(() => Promise.all([world.close(), engine.close()]));

		for (const title of ["of the page's server", "of another server"] as const) {
			test(`requests of a script ${title}`, async () => {
				const elsewhere = world.site.origin.replace("127.0.0.1", "localhost");
				const sdk = JSON.stringify({ key: "k", url: world.edge.origin, flushInterval: 100 });
				documents["/forms.js"] = { type: "text/javascript", text: `(${defineForms})()` };
				const seen = async (script: string, forms: keyof typeof elements = title) => {
					documents["/unhandled.html"] = {
						type: "text/html",
						text: `<!doctype html><link rel="icon" href="data:,"><script>(${listenForRejections})();window.corswatch=${sdk}</script>${script}${elements[forms]("/forms.js", elsewhere)}`,
					};
					const tab = await engine.open(`${world.site.origin}/unhandled.html`);
					const all = await tab.evaluate(playForms, `${world.api.origin}/noacao/forms`);
					await tab.close();
					return all;
				};
				const without = await seen("");
				// What a script of another server without CORS does not handle is kept from the page (HTML, "muted
				// errors"), but for what none of its functions is on the stack of: whoever wraps `fetch` makes
				// that more.
				const muted = title === "of another server";
				const most = muted ? await seen("", "of another server, with CORS") : without;
				for (const origin of ["of the page's server", "of another server"] as const) {
					const found = await seen(elements[origin]("/corswatch.js", elsewhere));
					for (const how of ["aborted", "blocked"] as const) {
						const [raised, least] = [found[how], without[how]].map((events) =>
							muted ? events.filter((event) => /^unh/.test(event) && without[how].includes(event)) : events,
						);
						assert.deepEqual(raised, least, `${how}, with the SDK ${origin}`);
						assert.deepEqual(
							found[how].filter((event) => !most[how].includes(event)),
							[],
							`${how}, with the SDK ${origin}: nothing else`,
						);
					}
				}
				assert.ok(
					Object.values(without).some((raised) => raised.length > 1),
					"something is raised",
				);
			});
		}
	});
}
