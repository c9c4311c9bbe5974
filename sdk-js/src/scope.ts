import type { Handle, Options } from "./options";

interface Scope extends Omit<Window & typeof globalThis, "navigator"> {
	navigator: Navigator & { globalPrivacyControl?: boolean };
	Zone?: { __symbol__(name: string): string };
	corswatch?: Options | Handle;
	/** The copy that observes. */
	[copy: symbol]: Handle | undefined;
}

/** Names the copy that observes; shared by all versions, so that two in one page count each request once. */
export const COPY = Symbol.for("corswatch");

/** The global object of the page or worker; touched only once `start` has found it to be one. */
export const scope = globalThis as unknown as Scope;

/**
 * A method as the browser made it. Zone.js keeps the native ones under its own symbol; through the
 * patched ones every timer and listener of ours would run Angular's change detection
 * (DataDog/browser-sdk#4117).
 */
// biome-ignore lint/suspicious/noExplicitAny: members of foreign objects, by name
export const native = (object: any, name: string): any =>
	((scope.Zone && object[scope.Zone.__symbol__(name)]) || object[name]).bind(object);

/** `fetch` as it was when the observation began. */
export let send: typeof fetch;
export const keepFetch = (): void => {
	send = native(scope, "fetch");
};

/** Adds a listener that no zone sees. */
// biome-ignore lint/suspicious/noExplicitAny: each type of event has its own shape
export const listen = (target: any, type: string, listener: (event: any) => void): void =>
	native(target, "addEventListener")(type, listener);

/** A timer that no zone sees. */
export const later = (then: () => void, ms: number): void => native(scope, "setTimeout")(then, ms);

/** Waits, seen by no zone. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => later(resolve, ms));
