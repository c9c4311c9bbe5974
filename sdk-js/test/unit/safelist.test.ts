import assert from "node:assert/strict";
import { test } from "node:test";
import { unsafeNames } from "../../src/safelist";

// Fetch standard, "CORS-safelisted request-header" and "forbidden request-header".
const cases: [name: string, value: string, unsafe: boolean][] = [
	["Accept", "application/json", false],
	["accept", "a<b", true],
	["accept", "x".repeat(128), false],
	["accept", "x".repeat(129), true],
	["Accept-Language", "de-DE,de;q=0.9", false],
	["accept-language", "en_US", true],
	["content-language", "en", false],
	["Content-Type", "text/plain;charset=UTF-8", false],
	["content-type", "application/x-www-form-urlencoded", false],
	["content-type", "multipart/form-data; boundary=x", false],
	["content-type", "multipart/form-data; boundary=(x)", true],
	["content-type", "application/json", true],
	["content-type", "text/plainer", true],
	["range", "bytes=0-0", false],
	["range", "bytes=5-", false],
	["range", "bytes=-1", true],
	["range", "bytes=0-1,3-4", true],
	["authorization", "Bearer x", true],
	["x-custom", "1", true],
	["Cookie", "a=b", false],
	["Origin", "https://x.test", false],
	["Content-Length", "5", false],
	["Sec-Fetch-Mode", "cors", false],
	["Proxy-Authorization", "x", false],
	["access-control-allow-origin", "*", true],
	["cache-control", "no-cache", true],
	["dpr", "2", true],
];

for (const [name, value, unsafe] of cases) {
	test(`${name}: ${value.slice(0, 40)} ${unsafe ? "needs" : "needs no"} preflight`, () => {
		assert.equal(unsafeNames(new Headers([[name, value]])), unsafe ? name.toLowerCase() : "");
	});
}

test("names are lower case, sorted, each once", () => {
	assert.equal(
		unsafeNames(
			new Headers([
				["X-B", "1"],
				["accept", "*/*"],
				["X-A", "1"],
				["x-b", "2"],
			]),
		),
		"x-a,x-b",
	);
});
