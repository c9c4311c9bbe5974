type Zoned = Window & typeof globalThis & { Zone?: { __symbol__(name: string): string } };

/** The global object of the page or worker; touched only once `start` has found it to be one. */
export const scope = globalThis as unknown as Zoned;

/**
 * A method as the browser made it. Zone.js keeps the native ones under its own symbol; through the
 * patched ones every timer and listener of ours would run Angular's change detection
 * (DataDog/browser-sdk#4117).
 */
// biome-ignore lint/suspicious/noExplicitAny: members of foreign objects, by name
export const native = (object: any, name: string): any =>
	((scope.Zone && object[scope.Zone.__symbol__(name)]) || object[name]).bind(object);

/** Adds a listener that no zone sees. */
// biome-ignore lint/suspicious/noExplicitAny: each type of event has its own shape
export const listen = (target: any, type: string, listener: (event: any) => void): void =>
	native(target, "addEventListener")(type, listener);

/** A timer that no zone sees. */
export const later = (then: () => void, ms: number): void => native(scope, "setTimeout")(then, ms);
