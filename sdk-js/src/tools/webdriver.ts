import type { Observed } from "../options";
import { explain } from "./explain";
import { type Except, fail } from "./report";

/** As much of a `WebDriver` of selenium-webdriver as is used. */
export interface DriverLike {
	executeAsyncScript(script: string): Promise<unknown>;
}

/** Runs in the page. */
const ASK = `
	const done = arguments[arguments.length - 1];
	const handle = globalThis[Symbol.for("corswatch")];
	if (!handle || !handle.verdicts) done(null);
	else handle.verdicts().then((observed) => done({ origin: self.origin, observed }));`;

/**
 * Fails where a request of the page that the driver shows was blocked by CORS; the error names the
 * header that is missing or wrong. Drivers do not all give out a browser's console, so this wants
 * corswatch in the page (the module or the full script), waits for its verdicts, and repeats a blocked
 * request as `GET`, `HEAD` and `OPTIONS` from here to read what the page cannot.
 */
export const expectNoCorsBlocks = async (driver: DriverLike, options?: Except): Promise<void> => {
	const page = (await driver.executeAsyncScript(ASK)) as { origin: string; observed: Observed[] } | null;
	if (!page) {
		throw new Error(
			"no corswatch observes the page: start the module or corswatch-full.js in it (the default script keeps no verdicts)",
		);
	}
	const blocked = page.observed.filter(({ finding }) => finding.o === "blocked");
	fail(
		await Promise.all(blocked.map(async (it) => ({ url: it.url, reason: await explain(it, page.origin) }))),
		options,
	);
};
