// What the SDK makes of its options, of a script tag's attributes, and of pages that it cannot observe.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Engine, engines, start, type Tab } from "../fixture/engine";
import { until } from "../fixture/server";
import { documents, type Servers, servers } from "../fixture/servers";

interface Handle {
	stop(): void;
	flush(): void;
	consent(given: boolean): void;
}
type Page = typeof globalThis & { corswatch: Handle; warned: string[]; threw: string[] };

/** Keeps what the page writes to the console, and what it throws. */
const WATCH = `<script>
	warned = []; threw = [];
	console.warn = (...texts) => warned.push(texts.join(" "));
	addEventListener("error", (event) => threw.push(event.message));
</script>`;

/** Attributes of a script tag, and the options that the one warning must name. */
const tags: Record<string, { attributes: string; wrong: string[]; observes: boolean; ep?: string }> = {
	"consent that is not given": { attributes: `data-consent="false"`, wrong: [], observes: false },
	"consent in other words": { attributes: `data-consent="denied"`, wrong: ["consent"], observes: false },
	"strict that is off": { attributes: `data-strict="false"`, wrong: [], observes: true },
	"strict that is on": { attributes: `data-strict="true"`, wrong: [], observes: true, ep: "/__other__" },
	"strict by its name alone": { attributes: "data-strict", wrong: [], observes: true, ep: "/__other__" },
	"strict in other words": {
		attributes: `data-strict="yes"`,
		wrong: ["strict"],
		observes: true,
		ep: "/__other__",
	},
	"one template": {
		attributes: `data-templates="/ok/:word/*"`,
		wrong: [],
		observes: true,
		ep: "/ok/:word/*",
	},
	"templates with commas": {
		attributes: `data-templates="/x/:id, /ok/:word/*"`,
		wrong: [],
		observes: true,
		ep: "/ok/:word/*",
	},
	"templates in JSON": {
		attributes: `data-templates='[["ORIGIN","/ok/:word/*"]]'`,
		wrong: [],
		observes: true,
		ep: "/ok/:word/*",
	},
	"expected headers in JSON": {
		attributes: `data-expect-headers='[{"path":"/ok/*","names":["X-Total"]}]'`,
		wrong: [],
		observes: true,
	},
	"expected headers that are none": {
		attributes: `data-expect-headers="X-Total"`,
		wrong: ["expectHeaders"],
		observes: true,
	},
	"probes that do not exist": { attributes: `data-probes="none"`, wrong: ["probes"], observes: true },
	"an unknown attribute": { attributes: `data-realese="1"`, wrong: ["realese"], observes: true },
	"a number that is none": {
		attributes: `data-flush-interval="soon"`,
		wrong: ["flushInterval"],
		observes: true,
	},
	"an edge that is no address": { attributes: `data-url="rum.example.com"`, wrong: ["url"], observes: false },
	"a relative edge": { attributes: `data-url="/rum"`, wrong: ["url"], observes: false },
	"no key": { attributes: `data-key=""`, wrong: ["key"], observes: false },
	"several at once": {
		attributes: `data-strict="no" data-graphql='{"a":1}' data-opt-out="1"`,
		wrong: ["graphql", "optOut", "strict"],
		observes: true,
		ep: "/__other__",
	},
};

/** What a page may hand to `start`, and the option that the warning must name. */
const arguments_: Record<string, { given: string; wrong: string[] }> = {
	nothing: { given: "", wrong: ["key", "url"] },
	null: { given: "null", wrong: ["key", "url"] },
	"no url": { given: `{ key: "k" }`, wrong: ["url"] },
	"a url that is none": { given: `{ key: "k", url: "not a url" }`, wrong: ["url"] },
	"a key that is a number": { given: `{ key: 7, url: "http://127.0.0.1:9" }`, wrong: ["key"] },
	"wrong kinds": {
		given: `{ key: "k", url: "http://127.0.0.1:9", consent: "no", templates: "/a", probes: 1 }`,
		wrong: ["consent", "probes"],
	},
	"what cannot be written": {
		given: `(() => { const ring = { key: "k" }; ring.url = ring; return ring; })()`,
		wrong: ["url"],
	},
};

/** What pages do to their globals before the SDK starts. */
const realms: Record<string, string> = {
	"read-only fetch": `Object.defineProperty(self, "fetch", { value: fetch, writable: false, configurable: false })`,
	"fetch without a setter": `{ const own = fetch; Object.defineProperty(self, "fetch", { get: () => own, configurable: true }) }`,
	"frozen XMLHttpRequest": "Object.freeze(XMLHttpRequest.prototype)",
	"no fetch": "delete self.fetch; self.fetch = undefined",
};

for (const name of engines) {
	describe(name, () => {
		let world: Servers;
		let engine: Engine;
		before(async () => {
			[world, engine] = await Promise.all([servers(), start(name)]);
		});
		after(() => Promise.all([world.close(), engine.close()]));

		const page = async (html: string): Promise<Tab> => {
			documents["/options.html"] = { type: "text/html", text: `<!doctype html>${WATCH}${html}` };
			return engine.open(`${world.site.origin}/options.html`);
		};
		const heard = (tab: Tab) =>
			tab.evaluate(() => {
				const { warned, threw } = globalThis as unknown as Page;
				return { warned, threw };
			}, null);
		const named = ({ warned, threw }: { warned: string[]; threw: string[] }, wrong: string[]) => {
			assert.deepEqual(threw, []);
			assert.equal(warned.length, wrong.length ? 1 : 0, warned.join());
			for (const option of wrong) assert.match(warned[0]!, new RegExp(`\\b${option}\\b`));
		};

		for (const [title, { attributes, wrong, observes, ep }] of Object.entries(tags)) {
			test(`a script tag with ${title}`, async () => {
				const all = [
					attributes.replace("ORIGIN", world.api.origin),
					`data-key="tag"`,
					`data-url="${world.edge.origin}"`,
					`data-flush-interval="20"`,
				];
				const tab = await page(`<script src="/corswatch.js" ${all.join(" ")}></script>`);
				named(await heard(tab), wrong);
				const before = world.edge.posts.length;
				await tab.evaluate(async (url) => {
					await fetch(url);
					const { corswatch } = globalThis as unknown as Page;
					corswatch.flush();
					await new Promise((resolve) => setTimeout(resolve, 100));
				}, `${world.api.origin}/ok/tag/attributes`);
				if (observes) {
					await until("the beacon", () => world.edge.posts.length > before);
					assert.equal(world.edge.posts.at(-1)!.beacon.rows[0]!.ep, ep ?? "/ok/tag/attributes");
				} else assert.equal(world.edge.posts.length, before);
				await tab.close();
			});
		}

		for (const [title, { given, wrong }] of Object.entries(arguments_)) {
			test(`start with ${title} warns once and throws nothing`, async () => {
				const tab = await page(
					`<script type="module">import { start } from "/corswatch.mjs"; start(${given}).flush(); self.started = 1</script>`,
				);
				named(await heard(tab), wrong);
				assert.equal(
					await tab.evaluate(() => (globalThis as unknown as { started: number }).started, null),
					1,
				);
				await tab.close();
			});
		}

		for (const [title, change] of Object.entries(realms)) {
			for (const kind of ["script", "module"]) {
				test(`a page with ${title} is left as it was by the ${kind}`, async () => {
					const options = JSON.stringify({ key: "k", url: world.edge.origin });
					const begin =
						kind === "script"
							? `<script>corswatch = ${options}</script><script src="/corswatch.js"></script>`
							: `<script type="module">import { start } from "/corswatch.mjs"; self.corswatch = start(${options})</script>`;
					const tab = await page(
						`<script>${change}; const { prototype } = XMLHttpRequest;
							kept = [self.fetch, prototype.open, prototype.send, prototype.setRequestHeader];</script>${begin}
						<script type="module">self.same = [self.fetch, prototype.open, prototype.send, prototype.setRequestHeader].every((it, at) => it === kept[at])</script>`,
					);
					const { warned, threw } = await heard(tab);
					assert.deepEqual(threw, []);
					assert.equal(warned.length, 1);
					const left = await tab.evaluate(() => {
						const { same, corswatch } = globalThis as unknown as { same: boolean; corswatch: Handle };
						corswatch.consent(true);
						corswatch.stop();
						return [
							same,
							Object.getOwnPropertySymbols(globalThis).some(
								(s) => String(s).includes("corswatch") && (globalThis as never)[s],
							),
						];
					}, null);
					assert.deepEqual(left, [true, false]);
					await tab.close();
				});
			}
		}

		test("consent after stop does not start again", async () => {
			const tab = await engine.open(world.page({ key: "ended" }));
			await tab.evaluate(async (url) => {
				const { corswatch } = globalThis as unknown as Page;
				corswatch.stop();
				corswatch.consent(true);
				await fetch(url);
				corswatch.flush();
			}, `${world.api.origin}/ok/ended`);
			await tab.goto(world.page(null));
			assert.ok(!world.edge.posts.some(({ key }) => key === "ended"));
			await tab.close();
		});

		test("start, stop and start again lose nothing that is in progress", async () => {
			const tab = await engine.open(world.page(null));
			await tab.evaluate(
				async ([edge, api]) => {
					const { start } = await import(`${location.origin}/corswatch.mjs`);
					const options = { key: "twice", url: edge, flushInterval: 50 };
					const ask = (path: string) => fetch(`${api}${path}`).catch(() => {});
					const first = start(options);
					const all = [ask("/slow/strict"), ask("/noacao/strict")];
					first.stop();
					start(options);
					all.push(ask("/slow/strict"), ask("/noacao/strict"));
					await Promise.all(all);
				},
				[world.edge.origin, world.api.origin],
			);
			const count = (path: string) =>
				world.edge
					.rows()
					.filter(({ ep }) => ep === path)
					.reduce((sum, { n }) => sum + (n ?? 1), 0);
			await until("all four", () => count("/slow/strict") === 2 && count("/noacao/strict") === 2);
			await tab.close();
		});
	});
}
