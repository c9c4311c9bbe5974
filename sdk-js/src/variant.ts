/**
 * Set by the build: whether this is the module or `corswatch-full.js`, which hold what few pages need,
 * or the default script (docs/adr/0016-the-default-script-and-the-full-one.md).
 */
declare const FULL_VARIANT: boolean;

export const full: boolean = FULL_VARIANT;
