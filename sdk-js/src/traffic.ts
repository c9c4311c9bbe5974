import type { Call } from "./call";
import { sleep } from "./scope";

/** A browser opens six connections to a server over HTTP/1.1; most of them are the page's. */
const MAX_BESIDE = 3;
/** A request under way for longer is a long poll, and does not hold up probes. */
const POLL_MS = 5000;
/** A probe looks this often, each time after `LOOK_MS`, for a moment in which the page does not wait. */
const MAX_LOOKS = 200;
const LOOK_MS = 50;
/** How often a probe is sent, where it gives way to the page. */
const MAX_TRIES = 3;

interface Server {
	/** Requests of the page under way. */
	_page: Set<Call>;
	/** Ends when what was asked of it so far has ended. */
	_turn?: Promise<unknown>;
	/** The probe under way. */
	_probe?: AbortController;
}

let active: boolean;
const servers: Record<string, Server> = {};
const serverOf = (origin: string): Server => (servers[origin] ||= { _page: new Set() });

/** A request of the page begins: a probe gives way where the page could use its connection. */
export const enter = (call: Call): void => {
	const { _page, _probe } = serverOf(call._shape.to!);
	if (_page.add(call).size > MAX_BESIDE) _probe?.abort();
};

/** A request of the page has ended. */
export const exit = (call: Call): void => {
	serverOf(call._shape.to!)._page.delete(call);
};

/** Runs `ask` when everything that was to be asked of this server before has ended. */
export const inTurn = <T>(origin: string, ask: () => Promise<T>): Promise<T> => {
	const server = serverOf(origin);
	const turn = Promise.resolve(server._turn).then(ask, ask);
	server._turn = turn;
	return turn;
};

/**
 * Sends a probe when the page does not wait for the server, and sends it again where it had to give
 * way. Rejects with `busy` where no such moment comes, and after the end of the observation.
 */
export const aside = async <T>(
	origin: string,
	send: (control: AbortController) => Promise<T>,
): Promise<T> => {
	const server = serverOf(origin);
	for (let tries = 0, looks = 0; active && looks <= MAX_LOOKS && tries < MAX_TRIES; ) {
		const at = performance.now();
		const page = [...server._page];
		if (page.length > MAX_BESIDE || (looks < MAX_LOOKS && page.some(({ _start }) => at - _start < POLL_MS))) {
			looks++;
			await sleep(LOOK_MS);
		} else {
			tries++;
			const control = (server._probe = new AbortController());
			const answer = await send(control);
			if (!control.signal.aborted) return answer;
		}
	}
	throw "busy";
};

/** From here on probes are sent. */
export const resume = (): void => {
	active = true;
};

/** Ends the probes under way and sends no more. */
export const halt = (): void => {
	active = false;
	for (const { _probe } of Object.values(servers)) _probe?.abort();
};
