import type { Call } from "./call";
import type { HeaderExpectation } from "./options";
import { matcher } from "./template";

/** The reads that are expected of a response: header name, and whether a script can read it. */
export function expectations(
	list: HeaderExpectation[],
): (call: Call, header: (name: string) => string | null) => [by: string, o: string][] {
	const compiled = list.map(({ origin, path, names }) => ({
		_origin: origin,
		_path: matcher(path),
		_names: names,
	}));
	return (call, header) =>
		compiled
			.filter(
				({ _origin, _path }) =>
					(!_origin || _origin === call._shape.to) && _path.test(new URL(call._url).pathname),
			)
			.flatMap(({ _names }) =>
				_names.map((name): [string, string] => [
					name.toLowerCase(),
					header(name) === null ? "blocked" : "ok",
				]),
			);
}
