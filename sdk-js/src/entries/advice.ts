import type { Finding } from "../options";

/** A driver may write null for what is left out. */
export const methodOf = (m: string | null | undefined): string => m || "GET";

/** Which response headers a block is about, where nothing more is known. */
export const suspects = ({ stage, c, m: given, p, by }: Finding): string => {
	const m = methodOf(given);
	const origin = `Access-Control-Allow-Origin${c ? " and Access-Control-Allow-Credentials" : ""}`;
	const preflight = `the answer to the preflight: a status of 200 to 299, ${origin}${
		/^(GET|HEAD|POST)$/.test(m) ? "" : `, Access-Control-Allow-Methods with ${m}`
	}${by ? `, Access-Control-Allow-Headers with ${by}` : ""}`;
	if (stage === "preflight") return `look at ${preflight}`;
	const answer = `${origin} of the answer${stage === "redirect" ? " and of the redirect before it" : ""}, also where it is an error page`;
	return p && stage !== "response" ? `look at ${preflight}; and ${answer}` : `look at ${answer}`;
};

/** What outcomes mean. */
const OUTCOMES: Record<string, string> = {
	blocked: "was blocked by CORS",
	network: "got no answer: the network or the server failed",
	offline: "got no answer: the browser is offline",
	aborted: "was ended by the page",
	unloaded: "ended because the page went away",
	csp: "was stopped by the Content-Security-Policy of this page (connect-src)",
	mixed_content: "was stopped: this page is secure and the address is http:",
	local_network: "was stopped: this page may not reach the local network",
	ad_blocked: "was stopped by a content blocker",
	http_error: "was answered with an error status",
	unknown: "failed, and nothing shows why",
};

/** What the codes of evidence say, by what they are built from. */
const EVIDENCE: [code: RegExp, meaning: string][] = [
	[/A\+/, "without CORS the server answers"],
	[/A-/, "without CORS it does not answer either"],
	[/E\+/, "an EventSource shows that it answers"],
	[/R\+/, "its root answers"],
	[/R-/, "its root does not answer"],
	[/B\+B-/, "of several answers with CORS one was withheld"],
	[/^(?!.*B\+B-).*B-/, "with CORS a probe is withheld, too"],
	[/Br/, "it is redirected"],
	[/B\+(?!B)|B4/, "a plain probe with CORS passes"],
	[/G-/, "a GET of the same endpoint gets no answer"],
	[/G\+/, "a GET of the same endpoint is answered"],
	[/P-/, "a preflighted probe fails"],
	[/P\+/, "a preflighted probe passes"],
	[/q$/, "what it took does not fit"],
	[/^rt$/, "the browser's own timing says so"],
	[/^budget$/, "the budget for probes is used up"],
	[/^busy$/, "the page kept the server busy, so that no probe was sent"],
	[/^hang/, "a probe got no answer in time"],
	[/^off$/, "probes are switched off"],
	[/^down$/, "the server did not answer a moment ago"],
	[/^quota$/, "a keepalive body may have 64 KiB"],
];

/** A verdict in a sentence or two: what happened, how that is known, where to look. */
export const sentence = (url: string, finding: Finding): string => {
	const { o, stage, cf, ev, m } = finding;
	const known = EVIDENCE.filter(([code]) => code.test(ev)).map(([, meaning]) => meaning);
	return [
		`${methodOf(m)} ${url} ${OUTCOMES[o] ?? `is called ${o}`}`,
		stage && stage !== "unknown" ? ` (${stage})` : "",
		`; ${cf || "likely"}`,
		known[0] ? `, since ${known.join(", ")}` : "",
		` [${ev}].`,
		o === "blocked" ? ` To mend it, ${suspects(finding)}.` : "",
	].join("");
};
