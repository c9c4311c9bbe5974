// Builds dist: the script (IIFE), the module and its types.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { minify } from "terser";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** One file with everything `entry` needs; terser makes it some 4 % smaller than esbuild does. */
async function bundle(entry, wrap, variant = "full") {
	const bundled = await build({
		entryPoints: [entry],
		bundle: true,
		write: false,
		target: "es2021",
		format: "esm",
		define: { SDK_VERSION: JSON.stringify(version), FULL_VARIANT: `${variant === "full"}` },
	});
	// One keyword for all: nothing is reassigned that was a const, and nothing is hoisted.
	const source = bundled.outputFiles[0].text.replace(/\b(?:const|var) /g, "let ");
	const { code } = await minify(source, {
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
	});
	return wrap ? `(()=>{${code}})();\n` : `${code}\n`;
}

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
writeFileSync("dist/corswatch.js", await bundle("src/script.ts", true, "default"));
writeFileSync("dist/corswatch-full.js", await bundle("src/script.ts", true));
writeFileSync("dist/corswatch.mjs", await bundle("src/corswatch.ts", false));

execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.types.json"], { stdio: "inherit" });
for (const file of readdirSync("dist")) {
	if (file.endsWith(".d.ts") && !/^(corswatch|options)\./.test(file)) rmSync(`dist/${file}`);
}
// Node's resolution wants the extension that bundlers do without.
const types = "dist/corswatch.d.ts";
writeFileSync(types, readFileSync(types, "utf8").replace(/"\.\/options"/g, '"./options.js"'));
