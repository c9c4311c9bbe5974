import { now } from "./clock";
import { note } from "./own";
import { later, send } from "./scope";

/** The edge refuses older beacons. */
const HORIZON = 300_000;
const MAX_QUEUE = 20;
const MAX_BACKOFF = 60_000;
const MAX_INTERVAL = 300_000;

interface Sealed {
	_at: number;
	_text: string;
}

let url: string;
let shortest: number;
let disabled: () => void;
let queue: Sealed[] = [];
let busy = false;
let failures = 0;

/** Milliseconds between beacons, as the page and the server want it. */
export let interval: number;

/** Whether the server wants fewer beacons than the page. */
export const relieved = (): boolean => interval > shortest;

/** What the server wants to be left, in the words of the header `Corswatch-Sdk`; empty where nothing. */
export let limits = "";

/** Says where beacons go, how often at most, and what to do when the key is disabled. */
export const connect = (to: string, every: number, onDisabled: () => void): void => {
	url = to;
	interval = shortest = every;
	disabled = onDisabled;
	busy = false;
	limits = "";
};

/** Seals a beacon: all but its age, which comes last. From here on it never changes. */
export const seal = (_text: string): void => {
	queue.push({ _at: now(), _text });
};

/** Drops what waits. */
export const drop = (): void => {
	queue = [];
};

/** Sends a beacon; rejects where it should be sent again, with the server's wish of when. */
const post = async (beacon: Sealed, keepalive: boolean): Promise<void> => {
	const { status, headers } = await send(url, {
		method: "POST",
		body: `${beacon._text + Math.round(now() - beacon._at)}}`,
		credentials: "omit",
		keepalive,
	});
	if (status === 410) return disabled();
	if (status === 429 || status > 499) throw headers.get("retry-after");
	interval = Math.max(shortest, Math.min(MAX_INTERVAL, +headers.get("corswatch-flush-interval")! * 1000));
	limits = headers.get("corswatch-sdk") || "";
	failures = 0;
	queue = queue.filter((other) => other !== beacon);
};

/** Sends what waits, one after the other, until each is durable, refused for good, or too old. */
export const deliver = (): void => {
	queue = queue.filter(
		({ _at }, at) => (now() - _at < HORIZON && at >= queue.length - MAX_QUEUE) || note("drops"),
	);
	const beacon = queue[0];
	if (busy || !beacon) return;
	busy = true;
	const again = (ms: number) =>
		later(() => {
			busy = false;
			deliver();
		}, ms);
	post(beacon, false).then(
		() => again(0),
		(wish) => {
			const backoff = Math.min(MAX_BACKOFF, 1000 * 2 ** failures++) * (0.5 + Math.random());
			again(Math.min(HORIZON, Math.max(backoff, +wish * 1000 || 0)));
		},
	);
};

/**
 * Sends what waits, also what is in progress, because the page may go away now: without cookies,
 * which `sendBeacon` cannot. What the browser does not take stays; a beacon that arrives twice
 * counts once.
 */
export const unload = (): void => {
	for (const beacon of queue.splice(0)) post(beacon, true).catch(() => queue.push(beacon));
};
