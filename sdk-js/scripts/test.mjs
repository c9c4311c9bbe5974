// Bundles the tests of one folder (`unit` or `browser`), or those that are named, and runs them with Node's own runner.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const [folder, ...names] = process.argv.slice(2);
const outdir = `test-results/${folder}`;
rmSync(outdir, { recursive: true, force: true });
await build({
	entryPoints: readdirSync(`test/${folder}`)
		.filter((name) => name.endsWith(".test.ts"))
		.filter((name) => names.length === 0 || names.includes(name.replace(".test.ts", "")))
		.map((name) => `test/${folder}/${name}`),
	outdir,
	bundle: true,
	platform: "node",
	format: "esm",
	packages: "external",
	sourcemap: "inline",
	outExtension: { ".js": ".mjs" },
	define: { SDK_VERSION: '"0.0.0-test"', FULL_VARIANT: "true" },
});
const files = readdirSync(outdir).map((name) => `${outdir}/${name}`);
const { status } = spawnSync(
	process.execPath,
	[
		"--enable-source-maps",
		"--test",
		"--test-concurrency=2",
		// What hangs is told, and ends.
		"--test-timeout=1200000",
		"--test-reporter=spec",
		...files,
	],
	{ stdio: "inherit" },
);
process.exitCode = status ?? 1;
