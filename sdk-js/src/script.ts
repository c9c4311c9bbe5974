import { start } from "./corswatch";
import type { Options } from "./options";
import { scope } from "./scope";

// The script tag's entry. Tag managers strip `data-*`, so `window.corswatch` works as well; it
// becomes the handle.
const tag = scope.document?.currentScript as HTMLScriptElement | null | undefined;
const options = { ...tag?.dataset, ...scope.corswatch } as Options;
if (options.key && options.url) scope.corswatch = start(options);
