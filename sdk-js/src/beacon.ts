import { type Call, timing } from "./call";
import { count } from "./latency";
import type { Options } from "./options";
import { own, renew } from "./own";
import { random } from "./random";
import type { Row } from "./row";
import { take } from "./rows";
import { scope } from "./scope";
import { seal } from "./transport";
import { full } from "./variant";

/** Replaced by the build. */
declare const SDK_VERSION: string;

/** Preflights that are looked at in one beacon. */
const MAX_PREFLIGHTED = 99;
/** A shorter time is no round trip: the preflight was cached. */
const MIN_PREFLIGHT_MS = 5;

let about: Options;
let session: string;
let preflighted: [Call, Row][] = [];

/** From here on beacons are those of a new session. */
export const open = (options: Options): void => {
	about = options;
	session = random(6);
};

/** A preflighted request was answered: the beacon says how long its preflight took. */
export const watch = (call: Call, row: Row): void => {
	if (preflighted.length < MAX_PREFLIGHTED) preflighted.push([call, row]);
};

/** Seals what is recorded. */
export const collect = (): void => {
	// Only now are the entries sure to be there.
	for (const [call, row] of preflighted) {
		const entry = timing(call);
		if (!entry?.requestStart) continue;
		// Chromium and Firefox count the preflight between connection and request; WebKit
		// starts the clock after it. Without Timing-Allow-Origin these are 0.
		const ms = Math.max(entry.startTime - call._start, entry.requestStart - entry.connectEnd);
		if (ms > MIN_PREFLIGHT_MS) count((row.pl ||= []), ms);
	}
	preflighted = [];
	const rows = take();
	if (!rows[0]) return;
	const beacon = JSON.stringify({
		v: 1,
		id: random(12),
		s: session,
		page: scope.origin,
		sdk: SDK_VERSION,
		env: about.environment,
		rel: about.release,
		ctx: !scope.document ? "worker" : scope.top !== scope ? "iframe" : undefined,
		lab: navigator.webdriver || undefined,
		...(full && own),
		rows,
	});
	if (full) renew();
	seal(`${beacon.slice(0, -1)},"age":`);
};
