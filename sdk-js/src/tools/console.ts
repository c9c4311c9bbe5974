/** A request that a browser's console calls blocked by CORS. */
export interface Block {
	/** Its URL, where the text names it. */
	url: string | undefined;
	/** The response header that is missing or wrong; undefined where the text blames something else. */
	header: string | undefined;
	/** The text of the console. */
	text: string;
}

/**
 * What begins the texts of Chromium (services/network/public/cpp/cors), Firefox (CORS*.properties of
 * dom/locales) and WebKit (Source/WebCore/loader/CrossOriginAccessControl.cpp).
 */
const BLOCKED =
	/blocked by CORS policy|^Cross-Origin Request Blocked|is not allowed by Access-Control-|^Preflight response is not successful|Access-Control-Allow-(Origin|Credentials).* credentials flag|credentials flag is true.*Access-Control|due to access control checks/i;
/** Firefox says this of servers that cannot be reached, too. */
const NETWORK = /CORS request did not succeed/;
/** WebKit's second line on a request, which says its URL and no reason. */
const URL_ONLY = /due to access control checks/;
const HEADER = /Access-Control-(Allow|Expose)-[A-Za-z-]+/;
/** Chromium names the URL first, Firefox after "at"; WebKit names the page's origin. */
const REQUESTED =
	/(?:access to .+? at '|remote resource at |cannot load )(https?:\/\/[^\s'"’]+?)'?[.)]?(?=\s|$)/i;

/** Reads a text of a console; undefined where it tells of no block. */
export const readConsole = (text: string): Block | undefined => {
	if (!BLOCKED.test(text) || NETWORK.test(text)) return;
	const url = REQUESTED.exec(text)?.[1];
	return { url, header: HEADER.exec(text)?.[0], text };
};

/** The blocks that texts of one page tell of, each once: WebKit writes two lines on each. */
export const readConsoles = (texts: string[]): Block[] => {
	const blocks: Block[] = [];
	for (const text of texts) {
		const block = readConsole(text);
		if (!block) continue;
		const before = blocks.at(-1);
		if (URL_ONLY.test(text) && before && !before.url) before.url = block.url;
		else blocks.push(block);
	}
	return blocks;
};
