import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { start } from "../../src/corswatch";
import { validate } from "../fixture/edge";

const folder = "../schemas/beacon/examples";
const read = (path: string) => readFileSync(path, "utf8");

for (const name of readdirSync(`${folder}/accept`)) {
	test(`the schema accepts ${name}`, () => {
		assert.ok(validate(JSON.parse(read(`${folder}/accept/${name}`))), JSON.stringify(validate.errors));
	});
}

/** Refused by the edge for what a JSON schema cannot say; by the reason before `--`. */
const BEYOND_SCHEMA =
	/^(duplicate_member|page_origin_not_allowed|too_many_members|too_deep|not_utf8|not_json|bad_origin|bad_latency|bad_method|bad_text|no_rows|missing_member--first-target|out_of_range--(beyond|not-a-finite))/;

for (const name of readdirSync(`${folder}/reject`)) {
	if (BEYOND_SCHEMA.test(name)) continue;
	test(`the schema rejects ${name}`, () => {
		assert.ok(!validate(JSON.parse(read(`${folder}/reject/${name}`))));
	});
}

test("on a server nothing is patched and the handle does nothing", () => {
	const before = globalThis.fetch;
	const handle = start({ key: "k", url: "https://edge.test" });
	handle.flush();
	handle.stop();
	assert.equal(globalThis.fetch, before);
	assert.equal(Object.getOwnPropertySymbols(globalThis).includes(Symbol.for("corswatch")), false);
});
