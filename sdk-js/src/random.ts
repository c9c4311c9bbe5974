/** `bytes` random bytes, all but some hundredths of a bit, as words of URLs; a multiple of three needs no padding. */
export const random = (bytes: number): string =>
	btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)))).replace(/\W/g, "_");
