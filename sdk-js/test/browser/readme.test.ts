// The README does what it says: each of its blocks is run, by what it is written in.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { documents, world as open, type World } from "../fixture/browser";
import { type Intake, intake } from "../fixture/intake";
import { refusedPort, until } from "../fixture/server";

interface Block {
	language: string;
	text: string;
	line: number;
}

const README = readFileSync("README.md", "utf8");
const blocks: Block[] = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((found) => ({
	language: found[1]!,
	text: found[2]!,
	line: README.slice(0, found.index).split("\n").length,
}));
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

const SHOP = "https://shop.example";
let world: World;
let sink: Intake;
let page: Page;
/** What the page complains of. */
const wrong: string[] = [];
/** A shop with one item. */
const BUTTON = `<!doctype html><title>x</title><button onclick="this.nextSibling.textContent = '1 item'">Add to cart</button><p></p>`;
before(async () => {
	[world, sink] = await Promise.all([open(), intake()]);
	page = await world.open(null);
	page.on("pageerror", (error) => wrong.push(`${error}`));
	page.on("console", (message) => message.text().includes("wrong option") && wrong.push(message.text()));
	await page.route(`${SHOP}/**`, (route) => route.fulfill({ contentType: "text/html", body: BUTTON }));
	await page.route("**/v1/corswatch-HASH.js", (route) =>
		route.fulfill({
			contentType: "text/javascript",
			headers: { "access-control-allow-origin": "*" },
			body: readFileSync("dist/corswatch.js"),
		}),
	);
});
after(() => Promise.all([world.close(), sink.close()]));

/** The addresses of the README are those of the servers here. */
const placed = (text: string) =>
	text
		.replaceAll("https://rum.example.com", world.edge.origin)
		.replace(/https:\/\/(public@)?(sentry|otel|faro)\.example\.com/g, (_, user = "") =>
			sink.origin.replace("//", `//${user}`),
		);

/** Opens a page with this markup, in the one tab there is; the script of the edge is there, too. */
async function shop(html: string): Promise<{ page: Page; wrong: string[] }> {
	wrong.splice(0);
	// Not by a route of Playwright: Chromium keeps such a page from asking the servers here.
	documents["/readme"] = { type: "text/html", text: html };
	await page.goto(`${world.site.origin}/readme`);
	return { page, wrong };
}

const bundled = async (text: string, format: "iife" | "esm") => {
	const { outputFiles } = await build({
		stdin: { contents: text, resolveDir: process.cwd(), loader: "jsx" },
		bundle: true,
		write: false,
		format,
		jsx: "automatic",
		globalName: format === "iife" ? "block" : undefined,
		platform: format === "esm" ? "node" : "browser",
		packages: format === "esm" ? "external" : "bundle",
		alias: format === "esm" ? {} : undefined,
		define: { "process.env.NODE_ENV": '"production"' },
	});
	return outputFiles[0]!.text;
};

/** What the block imports tells where it runs. */
const inNode = (text: string) => /corswatch\/(vite|webpack|cypress|routes|playwright|webdriver)"/.test(text);

for (const { text, line } of of("js", "jsx").filter(({ text }) => !inNode(text))) {
	test(`the page of line ${line} runs`, async () => {
		// A block that goes on with what another began has its imports and its handle.
		const whole =
			/start\(/.test(text) && !/import .*start/.test(text)
				? `import { start } from "corswatch";\n${text}`
				: text;
		const script = await bundled(placed(whole), "iife");
		const { page, wrong } = await shop(
			`<!doctype html><div id="root"></div><script>${script.replaceAll("</script", "<\\/script")}</script>`,
		);
		const asked = `/ok/readme/line${line}`;
		if (/export const corswatch/.test(text)) {
			await page.evaluate("block.corswatch.install({ onUnmount() {} })");
		}
		await page.evaluate((url) => fetch(url), world.api.origin + asked);
		if (/\bstart\(/.test(text) && !/url: location\.origin/.test(text)) {
			await page.evaluate(`globalThis[Symbol.for("corswatch")].flush()`);
			await until("a beacon", () => world.edge.rows().some(({ ep }) => ep.startsWith("/ok/readme/")));
		}
		assert.deepEqual(wrong, []);
	});
}

for (const { text, line } of of("html")) {
	test(`the markup of line ${line} starts the SDK`, async () => {
		const hash = createHash("sha384").update(readFileSync("dist/corswatch.js")).digest("base64");
		const tag = /src=/.test(text) ? "" : `<script src="${world.edge.origin}/v1/corswatch-HASH.js"></script>`;
		const html = `<!doctype html><title>x</title>${placed(text).replace("sha384-...", `sha384-${hash}`)}${tag}`;
		const { page, wrong } = await shop(html);
		await page.waitForFunction("globalThis[Symbol.for('corswatch')] === window.corswatch");
		assert.deepEqual(wrong, []);
	});
}

/** What tests and configurations of the README take from their surroundings. */
const surroundings = () => {
	const registered: Record<string, unknown> = {};
	return {
		page,
		driver: {
			get: (url: string) => page.goto(url),
			executeAsyncScript: async () => ({ origin: SHOP, observed: [] }),
		},
		fastify: {
			addHook: (_name: string, hook: (route: object) => void) => hook({ url: "/items/:id" }),
			ready: async () => {},
		},
		Cypress: { Commands: { add: (name: string, command: unknown) => (registered[name] = command) } },
		cy: {},
		registered,
	};
};

for (const { text, line } of of("js").filter(({ text }) => inNode(text))) {
	test(`what Node runs of line ${line} runs`, async () => {
		const around = surroundings();
		const file = join(process.cwd(), `test-results/readme-${line}.mjs`);
		const openapi = join(process.cwd(), "test-results/openapi.json");
		writeFileSync(openapi, JSON.stringify({ paths: { "/items/{id}": {} } }));
		writeFileSync(file, placed(text).replaceAll('"openapi.json"', JSON.stringify(openapi)));
		const names = ["page", "driver", "fastify", "Cypress", "cy"] as const;
		for (const name of names) Object.assign(globalThis, { [name]: around[name] });
		try {
			const { default: config } = await import(file);
			if (/corswatch\/(vite|webpack)/.test(text)) assert.equal(config.plugins.length, 1);
			if (/addCorsCommand/.test(text)) assert.ok(around.registered.expectNoCorsBlocks);
		} finally {
			for (const name of names) delete (globalThis as Record<string, unknown>)[name];
		}
	});
}

test("the proxy of nginx passes beacons on, without cookies", async () => {
	const [block] = of("nginx");
	const folder = mkdtempSync(join(tmpdir(), "corswatch-nginx-"));
	const port = await refusedPort();
	const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
		(name) => `${name}_temp_path ${folder}/${name};`,
	);
	const location = block!.text.replaceAll("https://rum.example.com", world.edge.origin);
	writeFileSync(
		join(folder, "nginx.conf"),
		`daemon off; pid ${folder}/pid; error_log stderr; events {}
		http { access_log off; ${paths.join(" ")} server { listen 127.0.0.1:${port}; ${location} } }`,
	);
	let nginx: ChildProcess | undefined;
	try {
		nginx = spawn("nginx", ["-c", join(folder, "nginx.conf"), "-p", folder], { stdio: "ignore" });
		const send = () =>
			fetch(`http://127.0.0.1:${port}/v1/b/pk_nginx`, {
				method: "POST",
				body: "{}",
				headers: { cookie: "session=1" },
			}).catch(() => undefined);
		const answer = await until("nginx", send);
		assert.equal(answer.status, 204);
		const post = world.edge.posts.find(({ key }) => key === "pk_nginx")!;
		assert.ok(!post.headers.cookie, `${post.headers.cookie}`);
		assert.equal(post.headers["x-forwarded-for"], "127.0.0.1");
	} finally {
		nginx?.kill();
		world.edge.posts.splice(0);
		rmSync(folder, { recursive: true, force: true });
	}
});

test("the commands of the README are those of the package", () => {
	const { name, scripts } = JSON.parse(readFileSync("package.json", "utf8"));
	const known = ["ci", "test", ...Object.keys(scripts).map((script) => `run ${script}`), `install ${name}`];
	for (const { text, line } of of("sh")) {
		for (const command of text.trim().split("\n")) {
			const [, words] = /^npm (run \S+|\w+(?: corswatch)?)/.exec(command)!;
			assert.ok(known.includes(words!), `line ${line}: ${command}`);
		}
	}
});

test("every entry of the package is in the README", () => {
	const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
	for (const entry of Object.keys(exports).filter((it) => it !== "." && !it.endsWith(".json"))) {
		assert.ok(README.includes(entry.replace("./", entry.endsWith(".js") ? "" : "corswatch/")), entry);
	}
});

test("no block is left out", () => {
	const run = of("js", "jsx", "html", "nginx", "sh").length;
	// What is printed, and the part of the edge's configuration.
	const shown = of("text", "toml").length;
	assert.equal(run + shown, blocks.length);
	assert.ok(shown <= 3, `${shown} blocks are only shown`);
});
