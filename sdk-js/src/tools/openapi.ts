import { readFileSync } from "node:fs";
import type { Template } from "../options";
import { ordered, template } from "./routes";

interface Server {
	url?: string;
	variables?: Record<string, { default?: string; enum?: string[] }>;
}

/** As much of an OpenAPI document (3.x, or 2.0) as is read. */
export interface OpenApi {
	paths?: Record<string, { servers?: Server[] } | null | undefined>;
	servers?: Server[];
	host?: string;
	basePath?: string;
	schemes?: string[];
}

/** Servers that one document may stand for, with all values of its variables. */
const MAX_SERVERS = 50;

/** The addresses that a server stands for: its variables have each of their values. */
const addresses = ({ url = "/", variables = {} }: Server): string[] =>
	Object.entries(variables)
		.reduce(
			(urls, [name, { enum: values, default: value = "" }]) =>
				urls.flatMap((it) => (values ?? [value]).map((text) => it.replaceAll(`{${name}}`, text))),
			[url],
		)
		.slice(0, MAX_SERVERS);

/** Origin, if the address has one, and path without a slash at the end. */
const base = (address: string): [origin: string | undefined, path: string] => {
	const { origin, pathname } = new URL(address, "relative:/");
	const path = pathname.replace(/\/+$/, "");
	return [origin === "null" ? undefined : origin, path === "/" ? "" : path];
};

const serversOf = ({ servers, host, basePath = "", schemes = ["https"] }: OpenApi): Server[] => {
	if (servers?.[0]) return servers;
	return host
		? schemes.map((scheme) => ({ url: `${scheme}://${host}${basePath}` }))
		: [{ url: basePath || "/" }];
};

/**
 * The endpoint templates of an OpenAPI document, the most specific first. A server with an address of
 * its own gives templates for its origin alone.
 */
export const templatesOf = (document: OpenApi): Template[] => {
	if (!document?.paths) throw new Error("corswatch: the OpenAPI document has no `paths`");
	const all = Object.entries(document.paths).flatMap(([path, item]) =>
		(item?.servers?.[0] ? item.servers : serversOf(document))
			.flatMap(addresses)
			.map(base)
			.map(([origin, prefix]): Template => {
				const text = template(prefix + path);
				return origin ? [origin, text] : text;
			}),
	);
	return ordered(all);
};

/** The same of a file with JSON; of YAML give the document, as your YAML library reads it. */
export const readTemplates = (openapi: string | OpenApi): Template[] => {
	if (typeof openapi !== "string") return templatesOf(openapi);
	let document: OpenApi;
	try {
		document = JSON.parse(readFileSync(openapi, "utf8"));
	} catch (error) {
		throw new Error(
			`corswatch: ${openapi} is no readable JSON; read YAML yourself and give the document: ${error}`,
		);
	}
	return templatesOf(document);
};
