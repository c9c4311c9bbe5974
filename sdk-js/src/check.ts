import type { Options } from "./options";
import { full } from "./variant";

/** Writes one line to the console. */
export const warn = (text: string): void => console.warn(`corswatch: ${text}`);

/** What the options may be, as `name:JSON`. */
const RULES =
	/^((key|path|environment|release):"[^"]|url:"https?:\/\/[^/" ]|probes:"(full|cheap|off)"|optOut:"(ignore|off)"|(strict|consent):[tf]|flushInterval:[1-9]|(templates|graphql|expectHeaders):\[(]|\[|"[/*]|{))/;
/** What a wrong value of an option that holds something back is taken for. */
const CAREFUL: Partial<Options> = { strict: true, optOut: "off", consent: false };

/**
 * A value that is right stands for itself; as the attribute of a script tag, also as JSON (true where
 * it is empty) or as a list. Undefined where it is wrong.
 */
const read = (name: string, given: string): unknown => {
	if (full && name === "onVerdict") return typeof given === "function" ? given : undefined;
	for (const reading of [() => given, () => JSON.parse(given || "true"), () => given.split(/[\s,]+/)]) {
		try {
			const value = reading();
			if (RULES.test(`${name}:${JSON.stringify(value)}`)) return value;
		} catch {}
	}
	return;
};

/** The options without what is wrong with them, of which one warning tells. */
export const checked = (given: object): Options => {
	const options: Record<string, unknown> = {};
	const wrong = Object.entries({ key: "", url: "", ...given }).filter(([name, value]) => {
		const right = read(name, value);
		options[name] = right ?? CAREFUL[name as "strict"];
		return right === undefined && (value !== undefined || /^(key|url)$/.test(name));
	});
	if (wrong[0]) warn(`wrong option: ${wrong.map(([name]) => name)}`);
	return options as unknown as Options;
};
