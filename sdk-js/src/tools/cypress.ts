import type { Observed } from "../options";
import { explain } from "./explain";
import { type Except, fail } from "./report";

interface Chain<T> {
	then<U>(next: (value: T) => U): Chain<Awaited<U>>;
}
interface Page {
	origin: string;
	[copy: symbol]: { verdicts?(): Promise<Observed[]> } | undefined;
}

/** As much of `Cypress` as is used. */
export interface CypressLike {
	Commands: { add(name: string, command: (options?: Except) => void): void };
}
/** As much of `cy` as is used. */
export interface CyLike {
	window(options: { log: boolean }): Chain<Page>;
	task(name: string, argument: unknown, options: { log: boolean }): Chain<string>;
}

/** Name of the task that asks servers from Cypress's own process. */
const TASK = "corswatch:explain";

/** For `setupNodeEvents`: `on("task", corsTasks)`. */
export const corsTasks: Record<string, (argument: { observed: Observed; page: string }) => Promise<string>> =
	{
		[TASK]: ({ observed, page }) => explain(observed, page),
	};

/**
 * Adds the command `cy.expectNoCorsBlocks()`: fails where a request of the page was blocked by CORS,
 * with the header that is missing or wrong. Wants corswatch in the page, the module or the full script.
 */
export const addCorsCommand = (cypress: CypressLike, cy: CyLike): void => {
	cypress.Commands.add("expectNoCorsBlocks", (options) => {
		cy.window({ log: false })
			.then((page) => {
				const handle = page[Symbol.for("corswatch")];
				if (!handle?.verdicts) {
					throw new Error("no corswatch observes the page: start the module or corswatch-full.js in it");
				}
				return handle.verdicts().then((observed) => ({ observed, origin: page.origin }));
			})
			.then(({ observed, origin }) => {
				const lines: { url: string; reason: string }[] = [];
				const blocked = observed.filter(({ finding }) => finding.o === "blocked");
				for (const it of blocked) {
					cy.task(TASK, { observed: it, page: origin }, { log: false }).then((reason) => {
						lines.push({ url: it.url, reason: reason });
						if (lines.length === blocked.length) fail(lines, options);
					});
				}
			});
	});
};
