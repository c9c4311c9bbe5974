import { now } from "./clock";
import { later } from "./scope";

/** The edge refuses older beacons. */
const HORIZON = 300_000;
const MAX_QUEUE = 20;
const MAX_BACKOFF = 60_000;

interface Sealed {
	_at: number;
	_head: string;
	_tail: string;
}

let url: string;
let send: typeof fetch;
let disabled: () => void;
let interval: (seconds: number) => void;
let queue: Sealed[] = [];
let busy = false;
let failures = 0;

/**
 * Says where beacons go. `onDisabled` is called when the key is, `onInterval` with the seconds that
 * the server wants between beacons, 0 where it does not care.
 */
export const connect = (
	to: string,
	through: typeof fetch,
	onDisabled: () => void,
	onInterval: (seconds: number) => void,
): void => {
	url = to;
	send = through;
	disabled = onDisabled;
	interval = onInterval;
	busy = false;
};

/** Seals a beacon: what stands before its age, and after it. From here on it never changes. */
export const seal = (_head: string, _tail: string): void => {
	queue.push({ _at: now(), _head, _tail });
};

/** Drops what waits. */
export const drop = (): void => {
	queue = [];
};

const body = ({ _at, _head, _tail }: Sealed) => _head + Math.round(now() - _at) + _tail;
const post = (beacon: Sealed, keepalive = false) =>
	send(url, { method: "POST", body: body(beacon), credentials: "omit", keepalive });

/** Sends what waits, one after the other, until each is durable, refused for good, or too old. */
export const deliver = (): void => {
	queue = queue.filter(({ _at }) => now() - _at < HORIZON).slice(-MAX_QUEUE);
	const beacon = queue[0];
	if (busy || !beacon) return;
	busy = true;
	const again = (ms: number) =>
		later(() => {
			busy = false;
			deliver();
		}, ms);
	const retry = (answer: Partial<Response>) => {
		const wish = answer.headers?.get("retry-after");
		const backoff = Math.min(MAX_BACKOFF, 1000 * 2 ** failures++) * (0.5 + Math.random());
		again(
			Math.min(HORIZON, Math.max(backoff, (wish && (+wish * 1000 || Date.parse(wish) - Date.now())) || 0)),
		);
	};
	post(beacon).then((answer) => {
		if (answer.status === 410) return disabled();
		if (answer.status === 429 || answer.status > 499) return retry(answer);
		interval(+answer.headers.get("corswatch-flush-interval")!);
		failures = 0;
		queue = queue.filter((other) => other !== beacon);
		again(0);
	}, retry);
};

/**
 * Sends what waits, also what is under way, because the page may go away now. What the browser does
 * not take stays; a beacon that arrives twice counts once.
 */
export const unload = (): void => {
	queue = queue.filter(
		(beacon) => !navigator.sendBeacon(url, body(beacon)) && post(beacon, true).catch(() => {}),
	);
};
