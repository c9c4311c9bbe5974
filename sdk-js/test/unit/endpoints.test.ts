import assert from "node:assert/strict";
import { test } from "node:test";
import examples from "../../../schemas/endpoints/examples.json";
import { generalise, matcher, namer, OTHER } from "../../src/template";

// The same examples are walked by what reads endpoints (crates/web/tests/examples.rs).
const url = (path: string) => new URL(`https://api.test${path}`);

for (const { path, endpoint } of examples.generalised) {
	test(`a request to ${path} is counted by ${endpoint}`, () => {
		assert.equal(url(path).pathname, path, "browsers send the path as it is written here");
		assert.equal(namer({})(url(path), null), endpoint);
	});
}

for (const { template, fits, not } of examples.templates) {
	test(`the template ${template} fits the paths that it is read to fit`, () => {
		const match = matcher(undefined, template);
		for (const path of fits) assert.ok(match(url(path)), path);
		for (const path of not) assert.ok(!match({ pathname: path } as URL), path);
	});
}

for (const { paths, path, body, endpoint } of examples.graphql) {
	test(`the body ${body} sent to ${path} is counted by ${endpoint}`, () => {
		assert.equal(namer({ graphql: paths })(url(path), body), endpoint);
	});
}

test("what is counted together has one name", () => assert.equal(OTHER, examples.other));

test("no request is counted by what is refused", () => {
	for (const endpoint of examples.refused) {
		const { pathname } = new URL(endpoint, "https://api.test");
		assert.notEqual(pathname === endpoint ? generalise(pathname) : pathname, endpoint);
	}
});
