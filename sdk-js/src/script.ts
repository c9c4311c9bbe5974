import { start } from "./corswatch";
import type { Handle, Options } from "./options";

// The script tag's entry. Tag managers strip `data-*`, so `window.corswatch` works as well; it
// becomes the handle.
const scope = globalThis as unknown as { corswatch?: Options | Handle };
const tag = globalThis.document?.currentScript as HTMLScriptElement | null | undefined;
const options = { ...tag?.dataset, ...scope.corswatch } as Options;
if (options.key && options.url) scope.corswatch = start(options);
