import type { Call } from "./call";
import { now } from "./clock";

/** A browser opens six connections to a server over HTTP/1.1; most of them are the page's. */
const MAX_BESIDE = 3;
/** More than are in progress at any time: some ends are never told, as that of an XHR that is opened again. */
const MAX_PAGE = 200;
/** Investigations per page and per server in `BUDGET_MS`. */
const PAGE_BUDGET = 20;
const SERVER_BUDGET = 8;
const BUDGET_MS = 600_000;

/** What the page and the probes ask of one origin. */
export interface Server {
	/** Requests of the page in progress. */
	_page: Set<Call>;
	/** Lets go of the probe in progress. */
	_yield?: () => void;
	/** When it was found not to answer at all. */
	_down?: number;
	/** When it last answered the page, there is a connection to it. */
	_used?: true;
}

const servers: Record<string, Server> = {};
export const serverOf = ({ _shape }: Call): Server => (servers[_shape.to!] ||= { _page: new Set() });

/** A request of the page begins: a probe gives way where the page could use its connection. */
export const enter = (call: Call): void => {
	const { _page, _yield } = serverOf(call);
	if (_page.size > MAX_PAGE) _page.clear();
	if (_page.add(call).size > MAX_BESIDE) _yield?.();
};

/** Whether the page leaves no connection to probes. */
export const crowded = (server: Server): boolean => server._page.size > MAX_BESIDE;

let spent: [Server, number][] = [];

/** Takes an investigation from the budgets; false where they are used up. */
export const afford = (server: Server): unknown => {
	spent = spent.filter(([, at]) => now() - at < BUDGET_MS);
	return (
		spent.length < PAGE_BUDGET &&
		spent.filter(([other]) => other === server).length < SERVER_BUDGET &&
		spent.push([server, now()])
	);
};
