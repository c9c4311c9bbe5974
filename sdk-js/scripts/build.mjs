// Builds dist: the scripts (IIFE), the modules with source maps, and the types.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { build } from "esbuild";
import { minify } from "terser";
import { pageEntries, toolEntries } from "./entries.mjs";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** One file with everything `entry` needs; terser makes it some 4 % smaller than esbuild does. */
async function bundle(entry, file, variant = "full") {
	const script = file.endsWith(".js");
	const bundled = await build({
		entryPoints: [entry],
		outfile: `dist/${file}`,
		bundle: true,
		write: false,
		target: "es2021",
		format: "esm",
		sourcemap: "external",
		define: { SDK_VERSION: JSON.stringify(version), FULL_VARIANT: `${variant === "full"}` },
	});
	const [map, output] = bundled.outputFiles;
	// One keyword for all: nothing is reassigned that was a const, and nothing is hoisted. As long as
	// before, so that the source map stays right.
	const source = output.text.replace(/\b(?:const|var) /g, (word) => "let".padEnd(word.length));
	const minified = await minify(source, {
		module: true,
		ecma: 2020,
		compress: {
			passes: 4,
			unsafe: true,
			unsafe_arrows: true,
			unsafe_methods: true,
			pure_getters: true,
			keep_fargs: false,
			hoist_funs: true,
		},
		// Only names of our own, which begin with one underscore and a letter; never `__symbol__` of zone.js.
		mangle: { properties: { regex: /^_[a-z]/ } },
		...(!script && { sourceMap: { content: map.text, url: posix.basename(`${file}.map`) } }),
	});
	mkdirSync(dirname(`dist/${file}`), { recursive: true });
	if (script) return writeFileSync(`dist/${file}`, `(()=>{${minified.code}})();\n`);
	writeFileSync(`dist/${file}`, `${minified.code}\n`);
	writeFileSync(`dist/${file}.map`, minified.map);
}

/** A module for Node, as it was written. */
const tool = ({ name }) =>
	build({
		entryPoints: [`src/tools/${name}.ts`],
		outfile: `dist/tools/${name}.mjs`,
		bundle: true,
		platform: "node",
		packages: "external",
		target: "node20",
		format: "esm",
		sourcemap: true,
	});

rmSync("dist", { recursive: true, force: true });
await bundle("src/script.ts", "corswatch.js", "default");
await bundle("src/script.ts", "corswatch-full.js");
await bundle("src/corswatch.ts", "corswatch.mjs");
for (const { name } of pageEntries) await bundle(`src/entries/${name}.ts`, `entries/${name}.mjs`);
await Promise.all(toolEntries.map(tool));

execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.types.json"], { stdio: "inherit" });

/** The declarations that others import, beside those of the entries. */
const wanted = new Set();
const keep = (file) => {
	if (wanted.has(file)) return;
	wanted.add(file);
	const path = `dist/${file}.d.ts`;
	// Node's resolution wants the extension that bundlers do without.
	const text = readFileSync(path, "utf8").replace(
		/((?:from|import\() ?")(\.{1,2}\/[^"]+)"/g,
		(_, before, other) => {
			keep(posix.join(posix.dirname(file), other));
			return `${before}${other}.js"`;
		},
	);
	writeFileSync(path, text);
};
keep("corswatch");
for (const { name } of pageEntries) keep(`entries/${name}`);
for (const { name } of toolEntries) keep(`tools/${name}`);
for (const file of readdirSync("dist", { recursive: true })) {
	if (file.endsWith(".d.ts") && !wanted.has(file.replace(/\.d\.ts$/, ""))) rmSync(join("dist", file));
}
