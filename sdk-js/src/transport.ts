import { elapsed, type Instant, now } from "./clock";

/** The edge refuses older beacons. */
const HORIZON = 300_000;
const MAX_QUEUE = 20;
/** Chromium and WebKit share 65,536 bytes between all beacons and keepalive requests of a page. */
const MAX_UNLOAD_BYTES = 60_000;
const MAX_BACKOFF = 60_000;

interface Sealed {
	_at: Instant;
	_head: string;
	_tail: string;
}

/** What the transport needs from its surroundings. */
export interface Surroundings {
	_url: string;
	_fetch: typeof fetch;
	_later(then: () => void, ms: number): unknown;
	/** The key is disabled: nothing more is sent. */
	_disabled(): void;
	/** The server asks for this many seconds between beacons. */
	_interval(seconds: number): void;
}

/** Sends sealed beacons, one at a time, until each is durable, refused for good, or too old. */
export interface Transport {
	/** Seals a beacon: what stands before its age, and after it. */
	_seal(head: string, tail: string): void;
	/** Sends what waits; `keepalive` while the page may go away. */
	_send(keepalive?: boolean): void;
	/** Sends what waits, also what is under way, because the page goes away now. */
	_unload(): void;
	/** Drops what waits. */
	_drop(): void;
}

/** The transport to one edge. */
export function transport(at: Surroundings): Transport {
	let queue: Sealed[] = [];
	let busy = false;
	let failures = 0;

	// The age is of this sending; everything else never changes, the id above all.
	const body = (beacon: Sealed) => beacon._head + elapsed(beacon._at) + beacon._tail;
	const fresh = () => {
		queue = queue.filter((beacon) => elapsed(beacon._at) <= HORIZON).slice(-MAX_QUEUE);
	};
	const post = (beacon: Sealed, keepalive?: boolean) =>
		at._fetch(at._url, {
			method: "POST",
			body: body(beacon),
			credentials: "omit",
			keepalive: !!keepalive,
		});
	const again = () => {
		busy = false;
		send();
	};
	const retry = (wish?: string | null) => {
		const asked = wish ? +wish * 1000 || Date.parse(wish) - Date.now() : 0;
		const backoff = Math.min(MAX_BACKOFF, 1000 * 2 ** failures++) * (0.5 + Math.random());
		at._later(again, Math.min(HORIZON, Math.max(asked || 0, backoff)));
	};
	const send = (keepalive?: boolean) => {
		fresh();
		const beacon = queue[0];
		if (busy || !beacon) return;
		busy = true;
		post(beacon, keepalive).then(
			({ status, headers }) => {
				if (status === 410) return at._disabled();
				if (status === 429 || status > 499) return retry(headers.get("retry-after"));
				at._interval(+headers.get("corswatch-flush-interval")!);
				failures = 0;
				queue = queue.filter((other) => other !== beacon);
				again();
			},
			() => retry(),
		);
	};

	return {
		_seal(head, tail) {
			queue.push({ _at: now(), _head: head, _tail: tail });
		},
		_send: send,
		_unload() {
			fresh();
			let bytes = 0;
			queue = queue.filter((beacon) => {
				bytes += beacon._tail.length + 99;
				if (bytes > MAX_UNLOAD_BYTES) return true;
				if (!navigator.sendBeacon?.(at._url, body(beacon))) post(beacon, true).catch(() => {});
				return false;
			});
		},
		_drop() {
			queue = [];
		},
	};
}
