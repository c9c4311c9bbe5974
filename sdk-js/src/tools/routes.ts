import type { Template } from "../options";

/**
 * A path of a router as a template. Parameters may be written `{id}` (OpenAPI, JAX-RS, FastAPI),
 * `:id`, `:id(\\d+)`, `:id?` (Express, Vue), `[id]`, `[...rest]` (Next, Nuxt), `$id` (Remix), `<id>`,
 * `<int:id>` (Flask, Django); the rest of a path `*`, `*name`, `:rest*`, `{*rest}`, `{rest...}`, `$`.
 */
export const template = (path: string): string =>
	path
		.split("/")
		.map((segment) =>
			segment
				.replace(
					/\[\[?\.\.\.[^\]]*\]\]?|\{\*[^}]*\}|\{[^}]*(\.\.\.|:path|:\.\*)\}|<path:[^>]*>|^\$$|^\*.*$/g,
					"*",
				)
				.replace(/:(\w+)(\([^)]*\))?[*+]/g, "*")
				.replace(/:(\w+)(\([^)]*\))?\??/g, (_, name) => parameter(name))
				.replace(/\{([^}:]*)[^}]*\}|\[([^\]]*)\]|<(?:\w+:)?([^>]*)>|^\$(\w+)$/g, (_, ...names) =>
					parameter(names.find((name) => name !== undefined)),
				),
		)
		.join("/")
		.replace(/^(?!\/)/, "/");

const parameter = (name: string): string => `:${name.replace(/\W/g, "_")}`;

/** How little a segment says. */
const vague = (segment: string | undefined): number => {
	if (segment === undefined) return 0;
	if (segment.includes("*")) return 3;
	return segment.includes(":") ? 2 : 1;
};

const pathOf = (template: Template): string => (typeof template === "string" ? template : template[1]);

/** Each once, those that say more first: the first that matches names an endpoint. */
export const ordered = (templates: Template[]): Template[] => {
	const once = [...new Map(templates.map((it) => [JSON.stringify(it), it])).values()];
	return once.sort((one, other) => {
		const [left, right] = [one, other].map((it) => pathOf(it).split("/")) as [string[], string[]];
		for (let at = 0; at < Math.max(left.length, right.length); at++) {
			const difference = vague(left[at]) - vague(right[at]);
			if (difference) return difference;
		}
		return typeof one === typeof other ? 0 : typeof one === "string" ? 1 : -1;
	});
};

/** A route as routers tell of it: Fastify `url`, Hono, Express and Vue `path`. */
export type Route = string | { url?: string; path?: string };

/**
 * Collects the routes of a router as it registers them: give `onRoute` to its hook
 * (`fastify.addHook("onRoute", routes.onRoute)`) or call it with each route
 * (`app.routes.forEach(routes.onRoute)`); then take the templates.
 */
export const collectRoutes = (): { onRoute(route: Route): void; templates(): Template[] } => {
	const found: Template[] = [];
	return {
		onRoute(route) {
			const path = typeof route === "string" ? route : (route.path ?? route.url);
			if (path) found.push(template(path));
		},
		templates: () => ordered(found),
	};
};
