import { methodOf, suspects } from "../entries/advice";
import type { Observed } from "../options";

/** Redirects that browsers follow. */
const MAX_REDIRECTS = 20;
const TIMEOUT_MS = 10_000;

/** An answer of a server. */
export interface Answer {
	status: number;
	/** A header of it, null where it is missing. */
	header(name: string): string | null;
}

/** Asks a server, not as a browser does: every header can be given and read. */
export type Ask = (url: string, method: string, headers: Record<string, string>) => Promise<Answer>;

/** Asks with Node's own `fetch`. */
export const ask: Ask = async (url, method, headers) => {
	const {
		status,
		headers: got,
		body,
	} = await fetch(url, {
		method,
		headers,
		redirect: "manual",
		signal: AbortSignal.timeout(TIMEOUT_MS),
	});
	await body?.cancel();
	return { status, header: (name) => got.get(name) };
};

const said = (name: string, value: string | null, wanted: string) =>
	value === null ? `${name} is missing` : `${name} is "${value}", not ${wanted}`;

/** Fetch, "CORS check". */
const checkOrigin = ({ header }: Answer, origin: string, credentialed: boolean): string | undefined => {
	const allowed = header("access-control-allow-origin");
	if (!credentialed && allowed === "*") return;
	if (allowed !== origin) return said("Access-Control-Allow-Origin", allowed, `"${origin}"`);
	const credentials = header("access-control-allow-credentials");
	return credentialed && credentials !== "true"
		? said("Access-Control-Allow-Credentials", credentials, `"true"`)
		: undefined;
};

/** Fetch, "CORS-preflight fetch", from step 7 on. */
const checkPreflight = (answer: Answer, { c, m, by }: Observed["finding"]): string | undefined => {
	const method = methodOf(m);
	if (answer.status < 200 || answer.status > 299) return `the status is ${answer.status}, not 200 to 299`;
	const listed = (name: string) =>
		(answer.header(name) ?? "")
			.split(",")
			.map((it) => it.trim())
			.filter(Boolean);
	const methods = listed("access-control-allow-methods");
	if (!/^(GET|HEAD|POST)$/.test(method) && !methods.includes(method) && (c || !methods.includes("*"))) {
		return said("Access-Control-Allow-Methods", methods.join(", ") || null, `with ${method} in it`);
	}
	const headers = listed("access-control-allow-headers").map((it) => it.toLowerCase());
	const missing = (by || "")
		.split(",")
		.filter(Boolean)
		// `*` never stands for `authorization`.
		.filter((it) => !headers.includes(it) && (c || it === "authorization" || !headers.includes("*")));
	return missing[0]
		? said("Access-Control-Allow-Headers", headers.join(", ") || null, `with ${missing.join(", ")} in it`)
		: undefined;
};

/**
 * The first thing that is wrong with the answers to a request that is made once more for a page of this
 * origin; undefined where nothing is. Rejects where there is no answer.
 */
export const fault = async (
	{ url, finding }: Observed,
	page: string,
	asking: Ask = ask,
): Promise<string | undefined> => {
	const { c, p, by } = finding;
	const m = methodOf(finding.m);
	if (p) {
		const preflight = await asking(url, "OPTIONS", {
			origin: page,
			"access-control-request-method": m,
			...(by && { "access-control-request-headers": by }),
		});
		const wrong = checkOrigin(preflight, page, !!c) ?? checkPreflight(preflight, finding);
		if (wrong) return `in the answer to the preflight ${wrong}`;
	}
	let at = url;
	let origin = page;
	for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
		// What could change something at the server is not sent.
		const answer = await asking(at, m === "GET" ? m : "HEAD", { origin });
		const wrong = checkOrigin(answer, origin, !!c);
		const location = answer.status > 300 && answer.status < 400 && answer.header("location");
		if (wrong) return `in the answer${hops || location ? ` of ${at}` : ""} ${wrong}`;
		if (!location) return;
		const next = new URL(location, at);
		// Fetch, "HTTP-redirect fetch": another server on the way makes the origin opaque.
		if (next.origin !== new URL(at).origin && new URL(at).origin !== page) origin = "null";
		at = next.href;
	}
	return "it is redirected in a circle";
};

/**
 * Names the response header for which a request of a page was blocked: the request is made once more,
 * without credentials, and only as `GET`, `HEAD` or `OPTIONS`.
 */
export const explain = async (observed: Observed, page: string, asking: Ask = ask): Promise<string> => {
	const found = await fault(observed, page, asking).catch(() => undefined);
	return found ?? `the same request passes now; ${suspects(observed.finding)}`;
};
