// Prints the size of the built script and fails when it is over the budget.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

// docs/adr/0015-the-default-script-and-the-full-one.md
const BUDGET = 5600;
const script = readFileSync("dist/corswatch.js");
const size = {
	raw: script.length,
	gzip: gzipSync(script, { level: 9 }).length,
	brotli: brotliCompressSync(script).length,
};
console.log(
	`dist/corswatch.js: ${size.raw} B raw, ${size.gzip} B gzip, ${size.brotli} B brotli (budget ${BUDGET} B)`,
);
process.exitCode = size.brotli > BUDGET ? 1 : 0;
