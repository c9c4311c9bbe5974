import type { Options, Template } from "./options";

/** What is written where nothing else may leave the page. */
export const OTHER = "/__other__";

/** Endpoints with a name of their own in one page. */
const MAX_ENDPOINTS = 100;
const MAX_SEGMENTS = 8;

/**
 * Segments that name a thing rather than a kind of thing: with `@`, `%`, `;` or `=` (e-mail
 * addresses, encoded text, parameters), digits without letters (numbers, dates), three digits in a
 * row, hexadecimal with a digit, letters between digits (tokens), or very long.
 */
const VARIABLE =
	/[@%;=]|^[^a-z]*\d[^a-z]*$|\d{3}|^(?=.*\d)[\da-f-]{8,}$|^(?=.{8}).*\d.*[a-z].*\d|.{33}/i;

/** Whether a pathname fits a template; `:name` is one segment, `*` is anything. */
export function matcher(template: string): RegExp {
	return RegExp(
		`^${template
			.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
			.replace(/:\w+/g, "[^/]+")
			.replace(/\*/g, ".*")}$`,
	);
}

/** The path with everything that could name a person or a thing replaced by `:id`. */
export function generalise(path: string): string {
	const segments = path.split("/");
	return segments
		.slice(0, MAX_SEGMENTS + 1)
		.map((segment) => (VARIABLE.test(segment) ? ":id" : segment))
		.concat(segments.length > MAX_SEGMENTS + 1 ? "*" : [])
		.join("/");
}

/** Builds the function that names the endpoint of a request. */
export function namer(
	options: Pick<Options, "templates" | "strict" | "graphql">,
): (url: URL, body: unknown) => string {
	const known = new Set<string>();
	const templates = (options.templates || []).map((entry: Template) => {
		const [origin, template] = typeof entry === "string" ? ["", entry] : entry;
		return [origin, template, matcher(template)] as const;
	});
	return ({ origin, pathname }, body) => {
		let name = templates.find(([at, , fits]) => (!at || at === origin) && fits.test(pathname))?.[1];
		if (!name) {
			name = options.strict ? OTHER : generalise(pathname);
			if (options.graphql?.includes(pathname)) {
				name = pathname + operation(body);
			}
		}
		if (!known.has(name)) {
			if (known.size >= MAX_ENDPOINTS) return OTHER;
			known.add(name);
		}
		return name;
	};
}

/** `/Name` of the GraphQL operation that a body states. */
function operation(body: unknown): string {
	try {
		const name = JSON.parse(body as string).operationName;
		return /^\w{1,64}$/.test(name) ? `/${name}` : "";
	} catch {
		return "";
	}
}
