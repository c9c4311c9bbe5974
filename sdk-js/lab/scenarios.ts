// What the lab plays: every way of being refused or of getting no answer, to every kind of request.
import {
	type Act,
	type BadDay,
	badDays,
	form,
	header,
	include,
	json,
	put,
	remove,
} from "../test/fixture/bad-day";
import { incidents } from "../test/fixture/incidents";

/** Servers that fail in one way, that are half broken, and a second table of these, at several distances. */
export const groups = ["steady", "half-broken", "incidents"] as const;
type Group = (typeof groups)[number];

/** A scenario, and what is told about it apart: servers that fail in one way, or that change. */
export interface Scenario {
	title: string;
	group: Group;
	day: BadDay;
	/** Where it was blocked, as far as the scenario knows one place. */
	stage?: "preflight" | "response";
}

type Init = NonNullable<BadDay["init"]>;
type Kind = { init: Init; preflighted?: "preflighted"; credentialed?: "credentialed" };

const kinds: Record<string, Kind> = {
	GET: { init: {} },
	HEAD: { init: { method: "HEAD" } },
	"GET with credentials": { init: include, credentialed: "credentialed" },
	"GET with a header": { init: header, preflighted: "preflighted" },
	form: { init: form },
	"form with credentials": { init: { ...form, ...include }, credentialed: "credentialed" },
	JSON: { init: json, preflighted: "preflighted" },
	"JSON with credentials": {
		init: { ...json, ...include },
		preflighted: "preflighted",
		credentialed: "credentialed",
	},
	PUT: { init: put, preflighted: "preflighted" },
	DELETE: { init: remove, preflighted: "preflighted" },
};

const answers: Act[] = [
	"200 bare",
	"401 bare",
	"404 bare",
	"500 bare",
	"503 bare",
	"200 hidden",
	"200 other",
	"200 list",
];
const credentialed: Act[] = ["200 star", "200 uncredentialed"];
const preflights: Act[] = ["200 bare", "403 bare", "405 cors", "502 bare", "204 other", "204 headerless"];
const nothing: Act[] = ["reset", "resetAtOnce", "empty"];

function* steady(): Generator<Scenario> {
	for (const [kind, { init, preflighted, credentialed: cred }] of Object.entries(kinds)) {
		for (const act of [...answers, ...(cred ? credentialed : [])]) {
			const day: BadDay = { init, act: [act], blocked: true };
			yield { title: `${kind}: answered ${act}`, group: "steady", stage: "response", day };
		}
		const safe = /GET|HEAD/.test(kind);
		for (const act of nothing) {
			// Of an unsafe method the server answers HEAD, as most do.
			const day: BadDay = { init, act: [act], blocked: false, ...(!safe && { head: ["200 cors"] }) };
			yield { title: `${kind}: ${act}`, group: safe ? "steady" : "half-broken", day };
		}
		const refused: BadDay = { init, refused: "refused", act: ["200 cors"], blocked: false };
		yield { title: `${kind}: refused, then well`, group: "half-broken", day: refused };
		if (!preflighted) continue;
		for (const act of preflights) {
			if (act === "204 headerless" && kind === "DELETE") continue;
			const day: BadDay = { init, preflight: [act], act: ["200 cors"], blocked: true };
			yield { title: `${kind}: preflight answered ${act}`, group: "steady", stage: "preflight", day };
		}
		for (const act of nothing) {
			const day: BadDay = { init, preflight: [act], act: ["200 cors"], blocked: false };
			yield { title: `${kind}: preflight ${act}`, group: "half-broken", day };
		}
	}
	for (const kind of ["PUT", "DELETE"]) {
		const day: BadDay = {
			init: kinds[kind]!.init,
			preflight: ["204 methodless"],
			act: ["200 cors"],
			blocked: true,
		};
		yield { title: `${kind}: not allowed`, group: "steady", stage: "preflight", day };
	}
}

export const scenarios: Scenario[] = [
	...steady(),
	...Object.entries(badDays).map(([title, day]): Scenario => ({ title, group: "half-broken", day })),
	...Object.entries(incidents).map(([title, day]): Scenario => ({ title, group: "incidents", day })),
];
