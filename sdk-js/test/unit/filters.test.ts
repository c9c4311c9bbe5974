// Whether content blockers with EasyList and EasyPrivacy let the SDK through.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { FiltersEngine, Request } from "@ghostery/adblocker";

const FOLDER = process.env.FILTER_LISTS || "../target/filter-lists";

let engine: FiltersEngine;
before(() => {
	let lists: string[];
	try {
		lists = ["easylist", "easyprivacy"].map((name) => readFileSync(`${FOLDER}/${name}.txt`, "utf8"));
	} catch {
		throw new Error(
			`no filter lists: \`cargo xtask setup filter-lists\`, or say where they are in FILTER_LISTS`,
		);
	}
	engine = FiltersEngine.parse(lists.join("\n"), { loadCosmeticFilters: false });
});

const SHOP = "https://shop.example";

const blocked = (type: "script" | "fetch", url: string) => {
	const { match, filter } = engine.match(Request.fromRawDetails({ url, type, sourceUrl: `${SHOP}/cart` }));
	return match ? `${filter}` : undefined;
};

/** Where an edge may be: of its own, below the site's name, a proxy of the site's own, and an API's own host. */
const EDGES = [
	"https://rum.example.com",
	"https://rum.shop.example",
	SHOP,
	"https://cors-reports.example.net",
];

for (const edge of EDGES) {
	describe(`with the edge at ${edge}`, () => {
		for (const [type, path] of [
			["script", "/v1/corswatch.js"],
			["script", "/v1/corswatch-0123456789abcdef.js"],
			["script", "/v1/s/pk_shop.js"],
			["fetch", "/v1/b/pk_shop"],
		] as const) {
			test(`${path} is let through`, () => assert.equal(blocked(type, edge + path), undefined));
		}
	});
}

test("the script of the npm package at a content delivery network is let through", () => {
	assert.equal(blocked("script", "https://cdn.jsdelivr.net/npm/corswatch/dist/corswatch.js"), undefined);
	assert.equal(blocked("script", "https://unpkg.com/corswatch"), undefined);
});

test("the lists are in force: paths that other products use are blocked", () => {
	for (const path of ["/rum/events", "/rum.min.js", "/rum-telemetry/x", "/beacon/v1/batch?x"]) {
		assert.ok(blocked("script", SHOP + path), path);
	}
});
