/** The global object of the page or worker. */
export const scope = globalThis as unknown as Window &
	typeof globalThis & { Zone?: { __symbol__(name: string): string } };

/**
 * A method as the browser made it. Zone.js keeps the native ones under its own symbol; through the
 * patched ones every timer and listener of ours would run Angular's change detection
 * (DataDog/browser-sdk#4117).
 */
// biome-ignore lint/suspicious/noExplicitAny: the members of foreign objects, by name
export function native(object: any, name: string): any {
	return (scope.Zone && object[scope.Zone.__symbol__(name)]) || object[name];
}

/** Adds a listener that no zone sees. */
export function listen<E extends Event>(
	target: EventTarget,
	type: string,
	listener: (event: E) => void,
): void {
	native(target, "addEventListener").call(target, type, listener);
}

/** Removes what `listen` added. */
export function unlisten<E extends Event>(
	target: EventTarget,
	type: string,
	listener: (event: E) => void,
): void {
	native(target, "removeEventListener").call(target, type, listener);
}
