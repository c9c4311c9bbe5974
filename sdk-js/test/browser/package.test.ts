// The package as it would be published, in a project of someone else.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer, build as viteBuild } from "vite";
import webpack from "webpack";
import { documents, world as open, type World } from "../fixture/browser";
import { type Scratch, scratch } from "../fixture/scratch";
import { type Listening, listening, until } from "../fixture/server";

let app: Scratch;
let world: World;
let installed: string;
// biome-ignore lint/suspicious/noExplicitAny: package.json
let manifest: any;
before(async () => {
	world = await open();
	app = scratch();
	installed = join(app.folder, "node_modules/corswatch");
	manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
});
after(async () => {
	app.remove();
	await world.close();
});

/** Every address that can be imported. */
const entries = (): string[] =>
	Object.keys(manifest.exports)
		.filter((name) => !/\.js(on)?$/.test(name))
		.map((name) => name.replace(/^\./, "corswatch"));

test("the tarball holds what is exported and nothing else", () => {
	// biome-ignore lint/suspicious/noExplicitAny: conditions of exports
	const targets = Object.values(manifest.exports).flatMap((it: any) =>
		it.default ? [it.default, it.types] : [it],
	);
	for (const target of targets) assert.ok(existsSync(join(installed, target)), `${target} is there`);
	for (const file of app.files) assert.match(file, /^(dist\/|README\.md$|LICENSE$|package\.json$)/);
	for (const needed of ["README.md", "LICENSE"]) assert.ok(app.files.includes(needed), needed);
	for (const member of ["name", "version", "description", "license", "keywords", "engines", "types"]) {
		assert.ok(manifest[member], `package.json has ${member}`);
	}
	assert.deepEqual(manifest.dependencies ?? {}, {});
});

test("every module has a source map with its sources", () => {
	const modules = app.files.filter((file) => file.endsWith(".mjs"));
	assert.ok(modules.length > 10);
	for (const file of modules) {
		const [, name] = /\/\/# sourceMappingURL=(.+)\n?$/.exec(readFileSync(join(installed, file), "utf8"))!;
		const map = JSON.parse(readFileSync(join(installed, file, "..", name!), "utf8"));
		assert.ok(
			map.sources.some((source: string) => /src\/.*\.ts$/.test(source)),
			`${file}: ${map.sources}`,
		);
		assert.equal(map.sourcesContent.length, map.sources.length, file);
	}
});

test("every entry can be imported in Node, and patches nothing there", () => {
	const file = app.write(
		"import.mjs",
		`const before = [fetch, globalThis.XMLHttpRequest];
		for (const name of ${JSON.stringify(entries())}) {
			const found = await import(name);
			if (!Object.keys(found).length) throw new Error(name + " exports nothing");
		}
		if (before[0] !== fetch || before[1] !== globalThis.XMLHttpRequest) throw new Error("patched");
		const { start } = await import("corswatch");
		start({ key: "k", url: "https://rum.example.com" }).stop();
		if (before[0] !== fetch) throw new Error("patched by start");`,
	);
	app.run(process.execPath, file);
});

for (const resolution of [
	["nodenext", "nodenext"],
	["esnext", "bundler"],
] as const) {
	test(`the types of every entry hold with module resolution ${resolution[1]}`, () => {
		const names = entries().map((name, at) => `import * as entry${at} from "${name}";\nvoid entry${at};`);
		const file = app.write(
			`types-${resolution[1]}.ts`,
			`${names.join("\n")}
			import { start, type Handle, type Finding } from "corswatch";
			const handle: Handle = start({ key: "k", url: "https://rum.example.com", onVerdict: (_, finding: Finding) => void finding.o });
			// @ts-expect-error: not an option
			start({ key: "k", url: "https://rum.example.com", colour: "red" });
			handle.stop();`,
		);
		app.run(
			join(process.cwd(), "node_modules/.bin/tsc"),
			..."--noEmit --strict --target es2022 --types node --module".split(" "),
			resolution[0],
			"--moduleResolution",
			resolution[1],
			file,
		);
	});
}

const OPENAPI = { paths: { "/ok/{kind}/mine": {}, "/ok/{kind}/{name}": {} } };

/** The page that both bundlers get. */
const main = () => `
	import { start } from "corswatch";
	import { release, templates } from "corswatch/build";
	const url = ${JSON.stringify(world.edge.origin)};
	start({ key: "k", url, release, templates, flushInterval: 100 });
	fetch(${JSON.stringify(world.api.origin)} + "/ok/a/" + document.title);`;

/** A built page reports its release and names its endpoints by the OpenAPI file. */
async function reports(script: string, release: string): Promise<void> {
	const path = `/${release}.js`;
	documents[path] = { type: "text/javascript", text: script };
	await world.open(null, { after: path });
	const post = await until(`a beacon of ${release}`, () =>
		world.edge.posts.find(({ beacon }) => beacon.rel === release),
	);
	assert.equal(post.beacon.rows[0]!.ep, "/ok/:kind/:name");
}

test("the plugin for Vite sets release and templates", async () => {
	app.write("openapi.json", JSON.stringify(OPENAPI));
	app.write("vite/main.js", main());
	const { corswatch } = await import(join(installed, "dist/tools/vite.mjs"));
	const output = (await viteBuild({
		root: join(app.folder, "vite"),
		configFile: false,
		logLevel: "error",
		plugins: [corswatch({ release: "vite-7", openapi: join(app.folder, "openapi.json") })],
		build: { write: false, lib: { entry: "main.js", formats: ["iife"], name: "app" } },
	})) as unknown as { output: { code: string }[] }[];
	await reports(output[0]!.output[0]!.code, "vite-7");
});

test("the plugin for webpack sets release and templates", async () => {
	app.write("webpack/main.js", main());
	const { CorswatchPlugin } = await import(join(installed, "dist/tools/webpack.mjs"));
	const compiler = webpack({
		mode: "production",
		context: app.folder,
		entry: "./webpack/main.js",
		output: { path: join(app.folder, "built"), filename: "main.js" },
		plugins: [new CorswatchPlugin({ release: "webpack-7", openapi: OPENAPI })],
	});
	await new Promise<void>((resolve, reject) =>
		compiler!.run((error, stats) => {
			if (error || stats?.hasErrors()) reject(error ?? new Error(stats!.toString()));
			else compiler!.close(() => resolve());
		}),
	);
	await reports(readFileSync(join(app.folder, "built/main.js"), "utf8"), "webpack-7");
});

test("without a plugin there is no release and no template", () => {
	const file = app.write(
		"bare.mjs",
		`import { release, templates } from "corswatch/build";
		if (release !== undefined || templates.length) throw new Error("set");`,
	);
	app.run(process.execPath, file);
});

/** An API that allows the page of development and nobody else. */
const forDevelopment = (page: () => string): Promise<Listening> =>
	listening((request, response) => {
		const known = request.headers.origin === page();
		response.writeHead(200, {
			...(known && { "access-control-allow-origin": page(), "access-control-allow-headers": "x-custom" }),
			vary: "Origin",
		});
		response.end("{}");
	});

test("in development Vite's consoles say what will be blocked in production, and why", async () => {
	let page = "";
	const { corswatch } = await import(join(installed, "dist/tools/vite.mjs"));
	const api = await forDevelopment(() => page);
	const said: string[] = [];
	app.write("dev/index.html", `<!doctype html><script type="module" src="/main.js"></script>`);
	app.write(
		"dev/main.js",
		`import { start } from "corswatch";
		start({ key: "k", url: ${JSON.stringify(world.edge.origin)}, flushInterval: 100 });
		window.ask = () => fetch(${JSON.stringify(api.origin)} + "/items");`,
	);
	const production = "http://localhost:4173";
	const logger = {
		info() {},
		warnOnce() {},
		error() {},
		clearScreen() {},
		hasWarned: false,
		hasErrorLogged: () => false,
	};
	const server = await createServer({
		root: join(app.folder, "dev"),
		configFile: false,
		customLogger: { ...logger, warn: (text: string) => void said.push(text) },
		server: { port: 0, host: "127.0.0.1" },
		plugins: [corswatch({ release: "dev", production })],
	});
	await server.listen();
	const tab = await world.browser.newPage();
	try {
		page = server.resolvedUrls!.local[0]!.replace(/\/$/, "");
		const lines: string[] = [];
		tab.on("console", (message) => lines.push(message.text()));
		await tab.goto(page);
		await tab.waitForFunction("window.ask");
		const hint = await until("a line in the console of the page", async () => {
			await tab.evaluate("window.ask()");
			return lines.find((line) => line.includes("in production"));
		});
		const because = `${api.origin}/items will be blocked in production (${production}) because in the answer Access-Control-Allow-Origin is missing`;
		assert.equal(hint, `corswatch: GET ${because}`);
		assert.deepEqual(said, [`corswatch: GET ${because}`], "and in Vite's own");
		assert.equal(lines.filter((line) => line.includes("in production")).length, 1, "each endpoint once");
	} finally {
		await Promise.all([server.close(), tab.close(), api.close()]);
	}
});
