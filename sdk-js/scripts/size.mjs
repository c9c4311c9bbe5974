// Prints the size of the built script and of the entries, and fails where one is over its budget.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { pageEntries } from "./entries.mjs";

// docs/adr/0016-the-default-script-and-the-full-one.md
const BUDGET = 5990;

for (const [file, budget] of [
	["corswatch.js", BUDGET],
	...pageEntries.map(({ name, budget }) => [`entries/${name}.mjs`, budget]),
]) {
	// The line that names the source map is read by developer tools alone.
	const script = Buffer.from(readFileSync(`dist/${file}`, "utf8").replace(/\/\/# sourceMappingURL=.*\n/, ""));
	const size = {
		raw: script.length,
		gzip: gzipSync(script, { level: 9 }).length,
		brotli: brotliCompressSync(script).length,
	};
	console.log(
		`dist/${file}: ${size.raw} B raw, ${size.gzip} B gzip, ${size.brotli} B brotli (budget ${budget} B)`,
	);
	if (size.brotli > budget) process.exitCode = 1;
}
