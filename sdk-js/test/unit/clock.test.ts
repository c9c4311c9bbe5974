import assert from "node:assert/strict";
import { test } from "node:test";
import { now } from "../../src/clock";

test("the clock neither stands still in sleep nor goes back", () => {
	const real = Date.now;
	const first = now();
	Date.now = () => real() + 60_000;
	const slept = now();
	Date.now = () => real() - 60_000;
	const back = now();
	Date.now = real;
	assert.ok(slept - first >= 59_990 && slept - first < 61_000);
	assert.ok(back >= slept);
});
