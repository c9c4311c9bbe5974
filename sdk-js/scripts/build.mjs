// Builds dist: the script (IIFE), the module and its types.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
rmSync("dist", { recursive: true, force: true });

const shared = {
	bundle: true,
	minify: true,
	target: "es2020",
	// Only names of our own that begin with one underscore and a letter; never `__symbol__` of zone.js.
	mangleProps: /^_[a-z]/,
	define: { SDK_VERSION: JSON.stringify(version) },
	legalComments: "none",
};
await build({ ...shared, entryPoints: ["src/script.ts"], format: "iife", outfile: "dist/corswatch.js" });
await build({ ...shared, entryPoints: ["src/corswatch.ts"], format: "esm", outfile: "dist/corswatch.mjs" });

execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.types.json"], { stdio: "inherit" });
for (const file of readdirSync("dist")) {
	if (file.endsWith(".d.ts") && !/^(corswatch|options)\./.test(file)) rmSync(`dist/${file}`);
}
