/** Called before the original; what it returns is called with the result, and decides it. */
// biome-ignore lint/suspicious/noExplicitAny: methods with different arguments
export type Hook = (self: any, args: any[]) => ((result: any) => unknown) | false | undefined;

let undo: (() => void)[] = [];

/** Puts a hook around a method so that its name, length and text stay; throws where it cannot be replaced. */
// biome-ignore lint/suspicious/noExplicitAny: the global object and a prototype
export const patch = (object: any, name: string, hook: Hook): void => {
	const original = object[name];
	let on = true;
	const patched = new Proxy(original, {
		// The frame's name, which no bundler changes.
		[Symbol.toStringTag as never]: "corswatch",
		apply(_target, self, args) {
			let after: ReturnType<Hook> | null = null;
			try {
				if (on) after = hook(self, args);
			} catch {
				// What cannot be described is not counted; the page gets the browser's own error.
			}
			const result = Reflect.apply(original, self, args);
			return after ? after(result) : result;
		},
		get: (_target, key) => (key === "toString" ? () => `${original}` : original[key]),
	});
	object[name] = patched;
	// Sloppy code is not told that a property is read-only.
	if (object[name] !== patched) throw name;
	undo.push(() => {
		on = false;
		if (object[name] === patched) object[name] = original;
	});
};

/** Puts the originals back; a patch that someone has patched over only passes calls on. */
export const unpatch = (): void => {
	for (const back of undo) back();
	undo = [];
};
