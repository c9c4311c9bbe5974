import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matcher } from "../../src/template";
import { type OpenApi, readTemplates, templatesOf } from "../../src/tools/openapi";
import { releaseOf } from "../../src/tools/release";
import { collectRoutes, template } from "../../src/tools/routes";

describe("a path of a router as a template", () => {
	for (const [path, expected] of [
		["/items/{id}", "/items/:id"],
		["/items/{item-id}", "/items/:item_id"],
		["/items/:id", "/items/:id"],
		["/items/:id(\\d+)", "/items/:id"],
		["/items/:id?", "/items/:id"],
		["/files/:path(.*)*", "/files/*"],
		["/files/:path+", "/files/*"],
		["/files/*", "/files/*"],
		["/files/*path", "/files/*"],
		["/files/{*path}", "/files/*"],
		["/files/{path...}", "/files/*"],
		["/files/{path:path}", "/files/*"],
		["/items/[id]", "/items/:id"],
		["/docs/[...slug]", "/docs/*"],
		["/docs/[[...slug]]", "/docs/*"],
		["/items/$id", "/items/:id"],
		["/items/$", "/items/*"],
		["/items/<int:id>", "/items/:id"],
		["/items/<id>", "/items/:id"],
		["/files/<path:rest>", "/files/*"],
		["/v{version}/items", "/v:version/items"],
		["/items/{id}.json", "/items/:id.json"],
		["/range/{from}-{to}", "/range/:from-:to"],
		["items", "/items"],
		["/", "/"],
	] as const) {
		test(`${path} is ${expected}`, () => assert.equal(template(path), expected));
	}
});

test("templates match the addresses that routes serve", () => {
	for (const [path, address] of [
		["/items/{id}.json", "/items/7.json"],
		["/range/{from}-{to}", "/range/1-2"],
		["/docs/[...slug]", "/docs/a/b/c"],
	] as const) {
		const fits = matcher(undefined, template(path));
		assert.ok(fits(new URL(address, "http://api.test")), `${path} ${address}`);
	}
});

test("the more specific template comes first, and each once", () => {
	const routes = collectRoutes();
	for (const route of ["/*", "/items/:id", { url: "/items/mine" }, { path: "/items/{id}" }, "/items", {}]) {
		routes.onRoute(route);
	}
	assert.deepEqual(routes.templates(), ["/items", "/items/mine", "/items/:id", "/*"]);
});

const paths = { "/items/{id}": {}, "/items": {} };
for (const [name, document, expected] of [
	["without servers", { paths }, ["/items", "/items/:id"]],
	["with a relative server", { paths, servers: [{ url: "/api/" }] }, ["/api/items", "/api/items/:id"]],
	[
		"with servers elsewhere",
		{ paths: { "/a": {} }, servers: [{ url: "https://one.test/v1" }, { url: "https://two.test" }] },
		[
			["https://two.test", "/a"],
			["https://one.test", "/v1/a"],
		],
	],
	[
		"with variables",
		{
			paths: { "/a": {} },
			servers: [
				{
					url: "https://{region}.api.test/{version}",
					variables: { region: { enum: ["eu", "us"], default: "eu" }, version: { default: "v2" } },
				},
			],
		},
		[
			["https://eu.api.test", "/v2/a"],
			["https://us.api.test", "/v2/a"],
		],
	],
	[
		"with a server of one path",
		{ paths: { "/a": { servers: [{ url: "https://files.test" }] }, "/b": {} } },
		[["https://files.test", "/a"], "/b"],
	],
	[
		"of version 2.0",
		{ paths: { "/a": {} }, host: "api.test", basePath: "/v1", schemes: ["https", "http"] },
		[
			["https://api.test", "/v1/a"],
			["http://api.test", "/v1/a"],
		],
	],
] as [string, OpenApi, unknown[]][]) {
	test(`an OpenAPI document ${name}`, () => assert.deepEqual(templatesOf(document), expected));
}

test("an OpenAPI file that is none says so", () => {
	assert.throws(() => readTemplates("README.md"), /README\.md is no readable JSON/);
	assert.throws(() => readTemplates("missing.json"), /missing\.json is no readable JSON/);
	assert.throws(() => readTemplates({}), /has no `paths`/);
});

describe("the release", () => {
	const within = (variables: Record<string, string>, run: () => void) => {
		const before = { ...process.env };
		for (const name of ["CORSWATCH_RELEASE", "GITHUB_SHA", "CI_COMMIT_SHA"]) delete process.env[name];
		Object.assign(process.env, variables);
		try {
			run();
		} finally {
			process.env = before;
		}
	};
	test("as given, by the builder, by git", () => {
		within({ GITHUB_SHA: "abc" }, () => {
			assert.equal(releaseOf({ release: "1.2" }), "1.2");
			assert.equal(releaseOf({}), "abc");
		});
		within({ GITHUB_SHA: "abc", CORSWATCH_RELEASE: "mine" }, () => assert.equal(releaseOf({}), "mine"));
		within({}, () => assert.match(releaseOf({}), /^[0-9a-f]{40}$/));
	});
	test("none, or one that no beacon can carry, is an error", () => {
		within({ PATH: "/nowhere" }, () => assert.throws(() => releaseOf({}), /give the option `release`/));
		assert.throws(() => releaseOf({ release: "x".repeat(129) }), /at most 128/);
		assert.throws(() => releaseOf({ release: "ü" }), /printable ASCII/);
	});
});
