/** `bytes` random bytes in base64url; a multiple of three needs no padding. */
export const random = (bytes: number): string =>
	btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)))).replace(/\W/g, (sign) =>
		sign > "+" ? "_" : "-",
	);
