// Requests that something in the browser stops: they never reach a server.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium, type Page } from "playwright-core";
import { ARGS, executablePath, type World, world } from "../fixture/browser";
import { type Servers, servers } from "../fixture/servers";

/** Resolves every name under `test` to the servers. */
const NAMES = "--host-resolver-rules=MAP *.test 127.0.0.1";

/** Asks for a URL in vain, and returns what the edge is told about it. */
async function said(page: Page, { edge }: Pick<Servers, "edge">, url: string) {
	await page.evaluate((url) => fetch(url).catch(() => {}), url);
	const { pathname } = new URL(url);
	const { o, ev, cf } = await edge.row(`of ${pathname}`, ({ ep }) => ep === pathname);
	return [o, ev, cf];
}

async function within(opening: Promise<World>, run: (opened: World) => Promise<void>): Promise<void> {
	const opened = await opening;
	try {
		await run(opened);
	} finally {
		await opened.close();
	}
}

test("insecure content of a secure page is mixed content", () =>
	within(world(servers("secure"), NAMES), async (opened) => {
		const { site, api, open } = opened;
		const page = await open();
		assert.match(site.origin, /^https:/);
		const insecure = api.origin.replace("127.0.0.1", "api.test");
		assert.deepEqual(await said(page, opened, `${insecure}/ok/mixed`), ["mixed_content", "mixed", undefined]);
		// Loopback is not: https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
		assert.deepEqual(await said(page, opened, `${api.origin}/noacao/secure`), ["blocked", "A+B-", undefined]);
	}));

test("a public page that may not reach the local network is told apart from a dead server", async () => {
	const around = await servers();
	const { site, edge, api } = around;
	// The site by a name: one at a local address would be local itself.
	const shop = `http://shop.test:${site.port}`;
	const isPublic = [site, edge].map(({ port }) => `127.0.0.1:${port}=public`).join();
	await within(
		world(
			Promise.resolve(around),
			NAMES,
			`--ip-address-space-overrides=${isPublic}`,
			`--unsafely-treat-insecure-origin-as-secure=${shop}`,
		),
		async (opened) => {
			const page = await opened.open(null);
			await page.goto(around.page({ url: edge.origin }).replace(site.origin, shop));
			// Without a person in front of it, Chromium takes the question for denied.
			assert.deepEqual(await said(page, opened, `${api.origin}/ok/local`), [
				"local_network",
				"lna",
				undefined,
			]);
			assert.deepEqual(await said(page, opened, "http://10.0.0.1/ok/printer"), [
				"local_network",
				"lna",
				undefined,
			]);
			assert.equal(api.seen.length, 0);
		},
	);
});

/** Opens a page in a Chromium with a content blocker that works by these rules. */
async function blocking(
	rules: object[],
	run: (page: Page, around: Servers) => Promise<void>,
	init?: () => void,
): Promise<void> {
	const around = await servers();
	const folder = mkdtempSync(join(tmpdir(), "corswatch-blocker-"));
	const write = (name: string, content: unknown) =>
		writeFileSync(join(folder, name), JSON.stringify(content));
	write("manifest.json", {
		manifest_version: 3,
		name: "blocker",
		version: "1",
		permissions: ["declarativeNetRequest", "declarativeNetRequestWithHostAccess"],
		host_permissions: ["<all_urls>"],
		declarative_net_request: { rule_resources: [{ id: "all", enabled: true, path: "rules.json" }] },
	});
	write("rules.json", rules);
	const context = await chromium.launchPersistentContext("", {
		executablePath,
		ignoreDefaultArgs: ["--disable-extensions"],
		args: [
			...ARGS,
			`--load-extension=${folder}`,
			`--disable-extensions-except=${folder}`,
			"--disable-features=DisableLoadExtensionCommandLineSwitch",
		],
	});
	try {
		const page = await context.newPage();
		if (init) await page.addInitScript(init);
		await page.goto(around.page());
		await run(page, around);
	} finally {
		await context.close();
		await around.close();
		rmSync(folder, { recursive: true });
	}
}

const xhr = { resourceTypes: ["xmlhttprequest"] };

/** A page where time goes only while the root of a server is asked: no load of the machine is seen. */
function farFromServers(): void {
	const real = fetch;
	let at = 0;
	performance.now = () => at;
	globalThis.fetch = (url, init) => {
		if (new URL(`${url}`).pathname === "/") at += 100;
		return real(url, init);
	};
}

test("what a content blocker stops by its path is told apart from a dead network", () => {
	const rule = { id: 1, action: { type: "block" }, condition: { urlFilter: "/ok/ads", ...xhr } };
	return blocking(
		[rule],
		async (page, around) => {
			const url = `${around.api.origin}/ok/ads`;
			assert.deepEqual(await said(page, around, url), ["ad_blocked", "A-E-R+q", undefined]);
			// Twice, as the first time may have met a busy moment.
			assert.deepEqual(
				around.api.seen.map(({ url }) => url),
				["/", "/"],
			);
		},
		farFromServers,
	);
});

test("what a content blocker replaces by an empty file is no success", () => {
	const redirect = { url: "data:application/json,{}" };
	const rule = {
		id: 1,
		action: { type: "redirect", redirect },
		condition: { urlFilter: "/ok/tracker", ...xhr },
	};
	return blocking([rule], async (page, around) => {
		const url = `${around.api.origin}/ok/tracker`;
		assert.equal(await page.evaluate((url) => fetch(url).then((r) => r.status), url), 200);
		assert.deepEqual(await said(page, around, url), ["ad_blocked", "replaced", "proven"]);
		assert.equal(around.api.seen.length, 0, "nothing reached the server");
	});
});
