import { start } from "./corswatch";
import type { Handle, Options } from "./options";
import { scope } from "./scope";

// The script tag's entry. Tag managers strip `data-*`, so `window.corswatch` works as well; it
// becomes the handle. A handle that is there already is that of another copy.
const tag = scope.document?.currentScript as HTMLScriptElement | null | undefined;
const given = scope.corswatch;
if (!(given as Handle)?.stop) scope.corswatch = start({ ...tag?.dataset, ...given } as Options);
