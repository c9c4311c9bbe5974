import assert from "node:assert/strict";
import { test } from "node:test";
import { generalise, matcher, namer, OTHER } from "../../src/template";

const paths: Record<string, string> = {
	"/": "/",
	"/items": "/items",
	"/items/": "/items/",
	"/api/v1/items": "/api/v1/items",
	"/api/v2.1/oauth2/callback": "/api/v2.1/oauth2/callback",
	"/items/42": "/items/:id",
	"/items/-1.5": "/items/:id",
	"/orders/2026-11-22/lines": "/orders/:id/lines",
	"/users/550e8400-e29b-41d4-a716-446655440000": "/users/:id",
	"/users/507f1f77bcf86cd799439011": "/users/:id",
	"/commits/deadbee1": "/commits/:id",
	"/facade/decade": "/facade/decade",
	"/u/jane.doe@example.com/posts": "/u/:id/posts",
	"/u/jane%20doe": "/u/:id",
	"/order-12345/pay": "/:id/pay",
	"/t/b3BlbkFJ9sd8f7sK": "/t/:id",
	"/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.sig": "/t/:id",
	"/cart;jsessionid=1A/x": "/:id/x",
	"/getUserProfileSettings": "/getUserProfileSettings",
	"/a-very-long-title-of-an-article-that-someone-wrote": "/:id",
	"/a/b/c/d/e/f/g/h/i/j/k": "/a/b/c/d/e/f/g/h",
};

for (const [path, template] of Object.entries(paths)) {
	test(`${path} is generalised to ${template}`, () => assert.equal(generalise(path), template));
}

test("a template matches segments, a star matches anything, and only on its origin", () => {
	const url = (text: string) => new URL(text, "https://api.test");
	const check = (template: string, path: string, origin?: string) => matcher(origin, template)(url(path));
	assert.ok(check("/items/:id", "/items/42"));
	assert.ok(!check("/items/:id", "/items/42/lines"));
	assert.ok(!check("/items/:id", "/items/"));
	assert.ok(check("/files/*", "/files/a/b"));
	assert.ok(!check("/a.b", "/aXb"));
	assert.ok(check("/x(1)", "/x(1)"));
	assert.ok(check("/x", "/x", "https://api.test"));
	assert.ok(!check("/x", "/x", "https://else.test"));
});

test("configured templates win, and strict mode lets nothing else out", () => {
	const url = (path: string) => new URL(path, "https://api.test");
	const templates = ["/shops/:shop/carts", ["https://api.test", "/me"]] as [
		"/shops/:shop/carts",
		[string, string],
	];
	const open = namer({ templates });
	assert.equal(open(url("/shops/berlin/carts"), null), "/shops/:shop/carts");
	assert.equal(open(url("/shops/berlin"), null), "/shops/berlin");
	const strict = namer({ templates, strict: true });
	assert.equal(strict(url("/me"), null), "/me");
	assert.equal(strict(url("/shops/berlin"), null), OTHER);
});

test("a GraphQL operation is part of the endpoint only when a JSON text names it", () => {
	const name = namer({ graphql: ["/graphql"] });
	const check = (body: unknown) => name(new URL("https://api.test/graphql"), body);
	assert.equal(check('{"operationName":"GetCart","query":"query GetCart{a}"}'), "/graphql/GetCart");
	assert.equal(check('{"query":"{a}","variables":{"operationName":"secret"}}'), "/graphql");
	assert.equal(check('{"operationName":"has space"}'), "/graphql");
	assert.equal(check('{"operationName":null}'), "/graphql");
	assert.equal(check("not json"), "/graphql");
	assert.equal(check(undefined), "/graphql");
});

test("a page has at most a hundred endpoints with a name of their own", () => {
	const name = namer({});
	const letters = [..."abcdefghijk"];
	const names = letters.flatMap((a) => letters.map((b) => name(new URL(`https://api.test/${a}${b}`), null)));
	assert.equal(new Set(names).size, 101);
	assert.equal(names.at(-1), OTHER);
	assert.equal(name(new URL("https://api.test/aa"), null), "/aa");
});
