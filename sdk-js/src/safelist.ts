/** Names that scripts cannot set: the browser drops them silently. Fetch, "forbidden request-header". */
const FORBIDDEN =
	/^(accept-(charset|encoding)|access-control-request-.+|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|referer|set-cookie|te|trailer|transfer-encoding|upgrade|via|(proxy|sec)-.*)$/;

/** Values that keep a header safelisted. Fetch, "CORS-safelisted request-header". */
const SAFE: Record<string, RegExp> = {
	accept: /^[^\0-\x08\n-\x1f"():<>?@[\\\]{}\x7f]*$/,
	"accept-language": /^[0-9A-Za-z *,.;=-]*$/,
	"content-language": /^[0-9A-Za-z *,.;=-]*$/,
	"content-type":
		/^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;[^\0-\x08\n-\x1f"():<>?@[\\\]{}\x7f]*)?$/i,
	range: /^bytes=\d+-\d*$/,
};

/** The names among `headers` that make a request need a preflight: lower case, sorted. */
export function unsafeNames(headers: [name: string, value: string][]): string[] {
	const safe: string[] = [];
	const unsafe: string[] = [];
	let length = 0;
	for (const [given, value] of headers) {
		const name = given.toLowerCase();
		if (FORBIDDEN.test(name)) continue;
		if (value.length < 129 && SAFE[name]?.test(value)) {
			safe.push(name);
			length += value.length;
		} else unsafe.push(name);
	}
	if (length > 1024) unsafe.push(...safe);
	return [...new Set(unsafe)].sort();
}
