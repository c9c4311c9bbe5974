import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../../src/call";
import { now } from "../../src/clock";
import { bucket, count } from "../../src/latency";
import { random } from "../../src/random";
import { add, take } from "../../src/rows";

const call = (ep: string, to = "https://api.test") =>
	({ _key: `${to} ${ep}`, _shape: { to, ep, m: undefined, c: undefined, p: undefined } }) as Call;

test("200 ms is a border of buckets, and the ends are open", () => {
	for (const [ms, wanted] of [
		[200, 64],
		[199.99, 63],
		[400, 72],
		[0, 0],
		[-1, 0],
		[Number.NaN, 0],
		[0.001, 0],
		[1e9, 159],
		[Number.POSITIVE_INFINITY, 159],
	] as const) {
		assert.equal(bucket(ms), wanted, `${ms}`);
	}
});

test("durations count in pairs of bucket and count", () => {
	const pairs: number[] = [];
	for (const ms of [200, 100, 201, 200]) count(pairs, ms);
	assert.deepEqual(pairs, [64, 3, 56, 1]);
});

test("equal events share a row, and a default is left out", () => {
	add(call("/a"), { st: 200 }, 200);
	add(call("/a"), { st: 200 }, 200);
	add(call("/b"), { st: 200 }, 100);
	add(call("/b", "https://else.test"), { st: 500 });
	const rows = JSON.parse(JSON.stringify(take()));
	assert.ok(rows.every(({ at }: { at: number }) => at <= 0 && at > -1000));
	assert.deepEqual(
		rows.map(({ at: _, ...rest }: { at: number }) => rest),
		[
			{ to: "https://api.test", ep: "/a", st: 200, n: 2, l: [64, 2] },
			{ ep: "/b", st: 200, l: [56, 1] },
			{ to: "https://else.test", ep: "/b", st: 500 },
		],
	);
	assert.deepEqual(take(), []);
});

test("a failure that stands alone shares no row", () => {
	for (let i = 0; i < 3; i++) add(call("/a"), { o: "blocked" }, 1, true);
	assert.equal(take().length, 3);
});

test("a row covers fifteen seconds at most, and is dropped after an hour", () => {
	const real = Date.now;
	let ahead = 0;
	Date.now = () => real() + ahead;
	try {
		now();
		add(call("/a"), { st: 200 }, 1);
		ahead = 14_000;
		add(call("/a"), { st: 200 }, 1);
		ahead = 16_000;
		add(call("/a"), { st: 200 }, 1);
		assert.deepEqual(
			take().map(({ n }) => n),
			[2, undefined],
		);
		add(call("/a"), { st: 200 }, 1);
		ahead += 3_700_000;
		assert.deepEqual(take(), []);
	} finally {
		Date.now = real;
	}
});

test("ids are base64url of the length that the edge wants, and differ", () => {
	const ids = new Set(Array.from({ length: 200 }, () => random(12)));
	assert.equal(ids.size, 200);
	for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{16}$/);
	assert.match(random(6), /^[A-Za-z0-9_-]{8}$/);
});
