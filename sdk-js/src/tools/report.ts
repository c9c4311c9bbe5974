/** What to leave out: URLs that contain a text or match. */
export interface Except {
	except?: (string | RegExp)[];
}

/** One blocked request and what is wrong. */
export interface Line {
	url: string | undefined;
	/** Names the header. */
	reason: string;
}

/** Fails where a request was blocked that is not to be left out. */
export const fail = (lines: Line[], { except = [] }: Except = {}): void => {
	const left = lines.filter(
		({ url = "" }) => !except.some((it) => (typeof it === "string" ? url.includes(it) : it.test(url))),
	);
	if (!left[0]) return;
	const count = left.length === 1 ? "1 request was" : `${left.length} requests were`;
	throw new Error(
		`${count} blocked by CORS:\n${left.map(({ url, reason }) => `  ${url ?? "(the browser does not say which)"}\n    ${reason}`).join("\n")}`,
	);
};
