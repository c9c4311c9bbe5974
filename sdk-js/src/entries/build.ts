import type { Template } from "../options";

/** Set by the plugins for Vite and webpack, or by `define` of any bundler. */
declare const CORSWATCH_RELEASE: string;
declare const CORSWATCH_TEMPLATES: Template[];

/** The release that was built; undefined where the plugin did not run. */
export const release: string | undefined =
	typeof CORSWATCH_RELEASE === "undefined" ? undefined : CORSWATCH_RELEASE;

/** Endpoint templates of the OpenAPI file; none where the plugin did not run. */
export const templates: Template[] = typeof CORSWATCH_TEMPLATES === "undefined" ? [] : CORSWATCH_TEMPLATES;
