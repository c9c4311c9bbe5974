// Bundles one TypeScript file and runs it.
import { spawnSync } from "node:child_process";
import { build } from "esbuild";

const [entry, ...rest] = process.argv.slice(2);
const outfile = `test-results/${entry.replace(/\.ts$/, ".mjs")}`;
await build({
	entryPoints: [entry],
	outfile,
	bundle: true,
	platform: "node",
	format: "esm",
	packages: "external",
});
process.exitCode = spawnSync(process.execPath, [outfile, ...rest], { stdio: "inherit" }).status ?? 1;
