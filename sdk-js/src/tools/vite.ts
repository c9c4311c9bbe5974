import type { Observed } from "../options";
import { fault } from "./explain";
import { type OpenApi, readTemplates } from "./openapi";
import { type ReleaseOptions, releaseOf } from "./release";

/** What the plugin takes. */
export interface VitePluginOptions extends ReleaseOptions {
	/** An OpenAPI document, or a file with one in JSON, whose paths become templates. */
	openapi?: string | OpenApi;
	/**
	 * Origin of the page in production, such as `https://shop.example`: in development each request that
	 * works is asked again from this origin, without credentials, and what will be blocked there is written
	 * to the consoles of server and page.
	 */
	production?: string;
}

/** As much of Vite's development server as is used. */
interface Server {
	config: { logger: { warn(text: string): void } };
	ws: {
		on(
			event: string,
			listener: (data: never, client: { send(event: string, data: unknown): void }) => void,
		): void;
	};
}

const MODULE = "virtual:corswatch-hints";
/** As Rollup marks modules that are no files. */
const RESOLVED = `\0${MODULE}`;
/** Requests that are asked about, one for each endpoint; a page of someone else must not have more sent. */
const MAX_HINTS = 200;

/** Runs in the page, in development. */
const client = (production: string) => `
	import { hintProduction } from "corswatch/debug";
	const waiting = new Map();
	let last = 0;
	import.meta.hot.on("corswatch:why", ({ id, why }) => { waiting.get(id)?.(why); waiting.delete(id); });
	const ask = (observed) => new Promise((resolve) => {
		waiting.set(++last, resolve);
		import.meta.hot.send("corswatch:why", { id: last, observed });
	});
	const begin = () => {
		const handle = globalThis[Symbol.for("corswatch")];
		if (handle) hintProduction(handle, { origin: ${JSON.stringify(production)}, ask });
		else setTimeout(begin, 100);
	};
	begin();`;

/**
 * Vite: sets `release` and, from an OpenAPI document, `templates` of `corswatch/build`; gives hints in
 * development.
 */
export const corswatch = (options: VitePluginOptions = {}) => {
	let developing = false;
	let asked = 0;
	return {
		name: "corswatch",
		config(_config: unknown, { command }: { command: string }) {
			developing = command === "serve";
			return {
				define: {
					CORSWATCH_RELEASE: JSON.stringify(releaseOf(options)),
					CORSWATCH_TEMPLATES: JSON.stringify(options.openapi ? readTemplates(options.openapi) : []),
				},
			};
		},
		resolveId: (id: string) => (id === MODULE || id === RESOLVED ? RESOLVED : undefined),
		load: (id: string) => (id === RESOLVED ? client(options.production ?? "") : undefined),
		transformIndexHtml: () =>
			developing && options.production
				? [
						{
							tag: "script",
							attrs: { type: "module", src: `/@id/__x00__${MODULE}` },
							injectTo: "head" as const,
						},
					]
				: [],
		configureServer({ config, ws }: Server): void {
			const { production } = options;
			if (!production) return;
			ws.on("corswatch:why", async ({ id, observed }: { id: number; observed: Observed }, page) => {
				if (asked++ > MAX_HINTS || !/^https?:/.test(observed.url)) return;
				const why = await fault(observed, production).catch(() => undefined);
				if (why) {
					config.logger.warn(
						`corswatch: ${observed.finding.m || "GET"} ${observed.url} will be blocked in production (${production}) because ${why}`,
					);
				}
				page.send("corswatch:why", { id, why });
			});
		},
	};
};

export default corswatch;
