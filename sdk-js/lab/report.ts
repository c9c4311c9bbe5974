// What the lab found, as text for people and as `ACCURACY.md`.
import type { EngineName } from "../test/fixture/engine";
import type { Played } from "../test/fixture/play";
import { groups, type Scenario } from "./scenarios";

export interface Result extends Played {
	scenario: Scenario;
	/** What it was: by the browser's own words where it tells, else by what the server did. */
	blocked: boolean;
	/** Of a wrong verdict: what tells this failure from its twin; empty where nothing does. */
	difference?: string;
}

export interface Run {
	engine: EngineName;
	version: string;
	results: Result[];
	/** Scenarios of which the browser says something else than the server did. */
	contradicted: string[];
	/** Scenarios that the browser itself repeated until they were answered. */
	answered: number;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values: number[], share: number) =>
	[...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;
const percent = (part: number, whole: number) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "-");

/** The numbers of one engine and group. */
export function figures(results: Result[]): Record<string, string | number> {
	const called = results.filter(({ row }) => row.o === "blocked");
	const truly = results.filter(({ blocked }) => blocked);
	const right = called.filter(({ blocked }) => blocked);
	const staged = right.filter(({ scenario, row }) => scenario.stage && row.stage !== "unknown");
	return {
		failures: results.length,
		"truly blocked": truly.length,
		precision: percent(right.length, called.length),
		recall: percent(right.length, truly.length),
		...(results.some(({ difference }) => difference !== undefined) && {
			"precision where a page can tell": percent(
				right.length,
				called.filter(({ difference }) => difference !== "").length,
			),
			"recall where a page can tell": percent(
				right.length,
				truly.filter(({ difference }) => difference !== "").length,
			),
		}),
		unknown: percent(results.filter(({ row }) => row.o === "unknown").length, results.length),
		"proven wrong": called.filter(({ row, blocked }) => row.cf === "proven" && !blocked).length,
		"stage right": percent(
			staged.filter(({ scenario, row }) => row.stage === scenario.stage).length,
			staged.length,
		),
		"probes, mean": mean(results.map(({ asked }) => asked.length)).toFixed(2),
		"requests after the failure, mean": mean(results.map(({ probes }) => probes)).toFixed(1),
		"ms to the row at the edge, p50": Math.round(
			quantile(
				results.map(({ ms }) => ms),
				0.5,
			),
		),
		"ms to the row at the edge, p95": Math.round(
			quantile(
				results.map(({ ms }) => ms),
				0.95,
			),
		),
	};
}

/** Whether a verdict is not what happened. */
export const wrong = ({ row, blocked }: Result) => blocked !== (row.o === "blocked");
const titles: Record<Scenario["group"], string> = {
	steady: "Servers that fail in one way",
	"half-broken": "Servers that are half broken",
	incidents: "Servers during incidents",
};

function table(rows: string[][]): string {
	const [head, ...body] = rows;
	const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
	return [line(head!), line(head!.map(() => "---")), ...body.map(line)].join("\n");
}

/**
 * The page that says how right the verdicts are; `load` says what else the machine was made to do,
 * `peers` what other products report.
 */
export function page(runs: Run[], load: string, peers: string[][]): string {
	const parts = groups.map((group) => {
		const of = (run: Run) => run.results.filter(({ scenario }) => scenario.group === group);
		const columns = runs.map((run) => figures(of(run)));
		const rows = Object.keys(columns[0]!).map((name) => [
			name,
			...columns.map((column) => `${column[name]}`),
		]);
		const wrongly = [
			...new Set(
				runs.flatMap((run) =>
					of(run)
						.filter(wrong)
						.map(({ scenario }) => scenario.title),
				),
			),
		];
		const said = wrongly.map((title) => [
			title,
			...runs.map((run) => {
				const found = run.results.find(({ scenario }) => scenario.title === title);
				if (!found) return "answered";
				if (!wrong(found)) return "right";
				const twin = found.difference === "" ? ", as its twin" : "";
				return `${found.row.o} \`${found.row.ev}\`${twin}`;
			}),
		]);
		const head = ["", ...runs.map(({ version }) => version)];
		return `## ${titles[group]}

${table([head, ...rows])}

Not as it was:

${said.length ? table([["scenario", ...head.slice(1)], ...said]) : "none."}
`;
	});
	const truth = runs.map(
		({ version, contradicted, answered }) =>
			`- ${version}: ${contradicted.length ? `says otherwise of ${contradicted.join("; ")}` : "no contradiction"}; ${answered} scenarios were answered after a repetition by the browser.`,
	);
	return `# How right the verdicts are

Written by \`cargo xtask lab --write\`, which plays ${runs[0]!.results.length + runs[0]!.answered} scenarios (\`lab/scenarios.ts\`) with the built default script in each
engine and holds what reaches the edge against what happened: against the words of the browser where its driver tells
them (Chromium), and else against what the server did to the page's own request. ${load}

Precision and recall are those of the outcome \`blocked\`. A blocked request that is called \`unknown\` lowers recall. The
stage counts where a scenario has one and the SDK names one. Probes are what the SDK asks the browser for; the requests after a
failure are all that reach the server: probes, their preflights, what they are redirected to, and what the browser repeats by itself.

The half-broken servers are chosen to be hard, and most wrong verdicts there are of one kind: a request that is not safe to send
again, or has credentials, and gets no answer after as long as an answer takes, while \`HEAD\` without credentials is
answered. Each wrong verdict is played again beside its twin (\`lab/twins.ts\`): the same server, but that it answers the page's own
request without CORS headers where it gave no answer, or the other way round. Compared are the error, every member of the Resource Timing
entry, the end of each probe, and the least times of three rounds. "As its twin" means that all of it is the same: there no page
can tell, and who calls both alike is wrong for one of them. Error pages without CORS headers are commoner, so that such a request
is called blocked, \`likely\`. "Where a page can tell" leaves these out.

${parts.join("\n")}
## What other products report

Their npm packages, with the releases that \`package.json\` names and their defaults, in Chromium; the page's \`fetch\` is handled by no one.

${table(peers)}

## Truth

${truth.join("\n")}
`;
}
