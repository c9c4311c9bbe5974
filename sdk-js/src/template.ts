import type { Options } from "./options";

/** What is written where nothing else may leave the page. */
export const OTHER = "/__other__";

/** Endpoints with a name of their own in one page. */
const MAX_ENDPOINTS = 100;
const MAX_SEGMENTS = 9;

/**
 * Segments that name a thing rather than a kind of thing: with `@`, `%`, `;` or `=` (e-mail
 * addresses, encoded text, parameters), digits without letters (numbers, dates), three digits in a
 * row, hexadecimal with a digit, letters between digits (tokens), or very long.
 */
const VARIABLE = /[@%;=]|^[^a-z]*\d[^a-z]*$|\d{3}|^(?=.*\d)[\da-f-]{8,}$|^(?=.{8}).*\d.*[a-z].*\d|.{33}/i;

/** Tests a URL against an origin, if there is one, and a template: `:name` is a segment, `*` anything. */
export function matcher(origin: string | undefined, template: string): (url: URL) => boolean {
	const path = RegExp(
		`^${template
			.replace(/[^\w/:*-]/g, "\\$&")
			.replace(/:\w+/g, "[^/]+")
			.replace(/\*/g, ".*")}$`,
	);
	return (url) => (!origin || origin === url.origin) && path.test(url.pathname);
}

/** The path with everything that could name a person or a thing replaced by `:id`. */
export const generalise = (path: string): string =>
	path
		.split("/")
		.slice(0, MAX_SEGMENTS)
		.map((segment) => (VARIABLE.test(segment) ? ":id" : segment))
		.join("/");

/** Builds the function that names the endpoint of a request. */
export function namer(
	options: Pick<Options, "templates" | "strict" | "graphql">,
): (url: URL, body?: unknown) => string {
	const known = new Set<string>();
	const templates = (options.templates || []).map((entry) => {
		const [origin, template] = typeof entry === "string" ? [undefined, entry] : entry;
		return { _name: template, _fits: matcher(origin, template) };
	});
	return (url, body) => {
		const path = url.pathname;
		let name = templates.find((template) => template._fits(url))?._name;
		if (!name && options.graphql?.includes(path)) {
			name = path;
			try {
				const operation = JSON.parse(body as string).operationName;
				if (operation && /^\w{1,64}$/.test(operation)) name += `/${operation}`;
			} catch {}
		}
		name ||= options.strict ? OTHER : generalise(path);
		if (known.size < MAX_ENDPOINTS) known.add(name);
		return known.has(name) ? name : OTHER;
	};
}
