/**
 * Headers, as `name:value`, that do not make a request need a preflight: those that Fetch calls
 * CORS-safelisted, and of those that the browser drops ("forbidden request-header") the ones that
 * scripts are seen to set.
 */
const HARMLESS =
	/^(accept:[^"():<>?@[-\]{}\x7f]*|(accept|content)-language:[a-z\d *,.;=-]*|content-type: *(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain) *(;[^"():<>?@[-\]{}\x7f]*)?|range:bytes=\d+-\d*|(accept-encoding|connection|content-length|cookie|date|host|origin|referer|te|(proxy|sec)-.*):.*)$/i;
/** A longer value is not safelisted. */
const MAX_VALUE = 128;

/** The names among `headers` that make a request need a preflight: lower case, sorted, comma separated. */
export const unsafeNames = (headers: Headers): string =>
	[...headers]
		.filter(([name, value]) => value.length > MAX_VALUE || !HARMLESS.test(`${name}:${value}`))
		.map(([name]) => name)
		.join();
