import { readConsoles } from "./console";
import { type Except, fail } from "./report";

interface Message {
	text(): string;
}

/** As much of a `Page` of Playwright as is used. */
export interface PageLike {
	on(event: "console", listener: (message: Message) => void): unknown;
	off(event: "console", listener: (message: Message) => void): unknown;
	evaluate(script: string): Promise<unknown>;
}

/**
 * Runs what is given and fails where a request of the page, its frames or workers was blocked by CORS
 * meanwhile; the error names the header that is missing or wrong, as the browser's console does. The
 * page needs no corswatch.
 */
export const expectNoCorsBlocks = async <T>(
	page: PageLike,
	run: () => Promise<T>,
	options?: Except,
): Promise<T> => {
	const texts: string[] = [];
	const listener = (message: Message) => void texts.push(message.text());
	page.on("console", listener);
	try {
		const result = await run();
		// What the console was told before comes before this answer.
		await page.evaluate("0");
		fail(
			readConsoles(texts).map(({ url, text }) => ({ url, reason: text })),
			options,
		);
		return result;
	} finally {
		page.off("console", listener);
	}
};
