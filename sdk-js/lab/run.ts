// Plays all scenarios to the built script in each engine, and says how right the verdicts are.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type EngineName, engines, start } from "../test/fixture/engine";
import { play, spelled } from "../test/fixture/play";
import { servers } from "../test/fixture/servers";
import { peers } from "./peers";
import { figures, page, type Run, wrong } from "./report";
import { groups, type Scenario, scenarios } from "./scenarios";
import { difference } from "./twins";

const { values } = parseArgs({
	options: {
		/** Only scenarios whose title this regular expression finds. */
		only: { type: "string", default: "" },
		/** Only scenarios of one group. */
		group: { type: "string", default: "" },
		/** So many threads that do nothing but keep the machine busy. */
		load: { type: "string", default: "0" },
		/** Plays each wrong verdict beside its twin, to see whether a page can tell at all; `write` does, too. */
		twins: { type: "boolean", default: false },
		/** Writes `ACCURACY.md`. */
		write: { type: "boolean", default: false },
		json: { type: "boolean", default: false },
	},
});

const run = async (name: EngineName, wanted: Scenario[]): Promise<Run> => {
	const [world, engine] = await Promise.all([servers(), start(name)]);
	const all: Run = { engine: name, version: engine.version, results: [], contradicted: [], answered: 0 };
	for (const [at, scenario] of wanted.entries()) {
		const played = await play(world, engine, scenario.day, `/lab/${spelled(at)}`);
		if (!played) {
			all.answered++;
			continue;
		}
		const { blocked } = scenario.day;
		const { stopped = blocked } = played;
		if (stopped !== blocked) all.contradicted.push(scenario.title);
		all.results.push({ ...played, scenario, blocked: stopped });
		const { o, stage, cf, ev } = played.row;
		const mark = stopped === (o === "blocked") ? " " : "X";
		if (!values.json)
			console.log(
				mark,
				name,
				scenario.title,
				"|",
				[o, stage, cf, ev].filter(Boolean).join(" "),
				"|",
				played.asked.join(","),
				played.probes,
				Math.round(played.ms),
			);
	}
	if (values.twins || values.write) {
		for (const [at, result] of all.results.entries()) {
			if (!wrong(result)) continue;
			const { title, day } = result.scenario;
			result.difference = await difference(world, engine, day, `/twin/${spelled(at)}`);
			if (!values.json) console.log(name, title, "|", result.difference || "no page can tell");
		}
	}
	await Promise.all([world.close(), engine.close()]);
	return all;
};

const threads = Number(values.load);
const busy = Array.from({ length: threads }, () => new Worker("for (;;);", { eval: true }));
const wanted = scenarios.filter(
	({ title, group }) => RegExp(values.only).test(title) && group.startsWith(values.group),
);
const runs = await Promise.all(engines.map((name) => run(name, wanted)));
await Promise.all(busy.map((worker) => worker.terminate()));

const summary = runs.map(({ engine, results, contradicted, answered }) => {
	const of = (group: string) => figures(results.filter(({ scenario }) => scenario.group === group));
	return { engine, ...Object.fromEntries(groups.map((group) => [group, of(group)])), contradicted, answered };
});
console.log(JSON.stringify(summary, null, values.json ? 0 : 2));
const load = threads
	? `${threads} threads kept the machine busy meanwhile, beside the three engines at once.`
	: "The three engines ran at once.";
if (values.write) writeFileSync("ACCURACY.md", page(runs, load, await peers()));
process.exitCode = runs.some(({ results }) => figures(results)["proven wrong"] !== 0) ? 1 : 0;
