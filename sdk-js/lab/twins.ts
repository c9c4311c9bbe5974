// Whether a page can tell at all: a failure is played beside its twin, which differs in what the server did to the
// page's own request and in nothing that it does later.
import { type Act, type BadDay, stage } from "../test/fixture/bad-day";
import type { Engine } from "../test/fixture/engine";
import { refusedPort } from "../test/fixture/server";
import type { Servers } from "../test/fixture/servers";

/** Each is played so often, in turns; of its times the least counts, as a busy machine makes times longer. */
const ROUNDS = 3;
/** Times are told apart that differ by more than this share, and by more than these milliseconds. */
const SHARE = 1.4;
const NOISE_MS = 25;

/** What a page can learn of a failure: what stays the same, and what it took. */
interface Facts {
	texts: string[];
	times: number[];
}

const silent = (act: Act) => /^(reset|empty)/.test(act);
const exchanged = (acts: Act[], answer: Act): Act[] => [
	silent(acts[0]!) ? answer : "reset",
	...acts.slice(1),
];

/** The same server, but that it answers the page's own request without CORS headers where it did not, or the other way round. */
export function twinOf(day: BadDay): BadDay {
	const { refused, preflight, act, ...rest } = day;
	const twin = { ...rest, act, ...(preflight && { preflight }), blocked: !day.blocked };
	if (refused) return { ...twin, act: ["500 bare", ...act.slice(1)] };
	const stopped = preflight && !/ cors$/.test(preflight[0]!);
	return stopped
		? { ...twin, preflight: exchanged(preflight, "403 bare") }
		: { ...twin, act: exchanged(act, "500 bare") };
}

interface Asked {
	url: string;
	init: BadDay["init"] | undefined;
	told: string;
	before: string | undefined;
}

/** Runs in a page without the SDK: the request itself, and then all that the SDK may ask. */
const learn = async ({ url, init, told, before }: Asked): Promise<Facts> => {
	const facts: Facts = { texts: [], times: [] };
	if (before) await fetch(before).then((response) => response.text());
	const note = async (what: string, ask: () => Promise<unknown>) => {
		const from = performance.now();
		const end = await ask().catch((error) => `${error.name} ${error.message}`);
		facts.times.push(performance.now() - from);
		facts.texts.push(`${what}: ${end}`);
	};
	await note("request", () => fetch(url, init).then(({ status, type }) => `${status} ${type}`));
	const xhr = new XMLHttpRequest();
	xhr.open("GET", told, false);
	xhr.send();
	// Firefox writes its entry a little later.
	await new Promise((resolve) => setTimeout(resolve, 60));
	const [entry] = performance.getEntriesByName(url) as PerformanceResourceTiming[];
	const { name, startTime, fetchStart, duration, responseEnd, navigationId, ...shown } = (entry?.toJSON() ??
		{}) as Record<string, unknown>;
	facts.texts.push(`entry: ${JSON.stringify(shown)} ${!!duration}`);
	facts.times.push(Number(duration ?? 0));
	const safe = /^(GET|HEAD)$/.test(init?.method ?? "GET");
	const method = safe ? (init?.method ?? "GET") : "HEAD";
	const probes: Record<string, RequestInit> = {
		"with CORS": { method, redirect: "manual" },
		"without CORS": { method, mode: "no-cors" },
		preflighted: { method, headers: { ...init?.headers, "content-type": "text/plain;@" } },
	};
	for (const [what, probe] of Object.entries(probes)) {
		const signal = AbortSignal.timeout(2000);
		await note(what, () =>
			fetch(url, { credentials: "omit", cache: "no-store", signal, ...probe }).then(
				({ status, type }) => `${status} ${type}`,
			),
		);
	}
	await note("EventSource", () => {
		const source = new EventSource(url);
		return new Promise((resolve) => {
			source.onopen = source.onerror = () => {
				resolve(source.readyState);
				source.close();
			};
			setTimeout(resolve, 2000, "nothing");
		});
	});
	return facts;
};

async function learned(world: Servers, engine: Engine, day: BadDay, ep: string): Promise<Facts> {
	const port = await refusedPort();
	const told = `/told?${port}${ep}`;
	const open = () =>
		stage(world.site.origin, day, port, () => world.site.seen.find(({ url }) => url === told));
	let api = day.refused ? undefined : await open();
	const tab = await engine.open(world.page(null, { coep: day.coep && "require-corp" }));
	const server = `http://127.0.0.1:${port}`;
	const before = day.used && `${server}/`;
	const asking = tab.evaluate(learn, { url: server + ep, init: day.init, told, before });
	if (!api) {
		while (!world.site.seen.some(({ url }) => url === told)) await new Promise((then) => setTimeout(then, 5));
		api = await open();
	}
	const facts = await asking;
	await tab.close();
	await api.close();
	return facts;
}

const alike = (one: number, other: number) =>
	Math.abs(one - other) < NOISE_MS || Math.max(one, other) < SHARE * Math.min(one, other);

/** What tells a failure from its twin; nothing where it is the same for a page. */
export async function difference(world: Servers, engine: Engine, day: BadDay, ep: string): Promise<string> {
	const played: Facts[][] = [[], []];
	for (let round = 0; round < ROUNDS; round++) {
		for (const [at, each] of [day, twinOf(day)].entries()) {
			played[at]!.push(await learned(world, engine, each, `${ep}/${"ab"[at]}${"abc"[round]}`));
		}
	}
	const [own, twin] = played.map((rounds) => ({
		texts: rounds[0]!.texts,
		times: rounds[0]!.times.map((_, at) => Math.min(...rounds.map(({ times }) => times[at]!))),
	})) as [Facts, Facts];
	const told = own.texts.findIndex((text, at) => text !== twin.texts[at]);
	if (told >= 0) return `${own.texts[told]}, not ${twin.texts[told]}`;
	const timed = own.times.findIndex((time, at) => !alike(time, twin.times[at]!));
	if (timed < 0) return "";
	const name = ["request", "entry", "with CORS", "without CORS", "preflighted", "EventSource"][timed];
	return `${name}: ${Math.round(own.times[timed]!)} ms, not ${Math.round(twin.times[timed]!)} ms`;
}
