import type { Call } from "./call";
import type { Options } from "./options";
import { add } from "./rows";
import { matcher } from "./template";

/** Builds the function that counts which of the headers that the page expects it could read. */
export const expectation = (
	options: Options,
): ((call: Call, status: number, readable: (name: string) => boolean) => void) => {
	const expected = (options.expectHeaders || []).map(({ origin, path, names }) => ({
		_fits: matcher(origin, path),
		_names: names,
	}));
	return (call, status, readable) => {
		for (const { _fits, _names } of expected) {
			if (status < 400 && _fits(call._place)) {
				for (const by of _names) {
					add(call, { k: "header_read", o: readable(by) ? "ok" : "blocked", by: by.toLowerCase() });
				}
			}
		}
	};
};
