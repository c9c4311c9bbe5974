/** Flat pairs of bucket and count, as in the beacon. */
export type Latency = number[];

/** The bucket that holds `ms`: 9 % steps with a border at 200 ms, as the collector reads them. */
export const bucket = (ms: number): number =>
	Math.max(0, Math.min(159, 64 + Math.floor(8 * Math.log2(ms / 200)))) || 0;

/** Counts one duration; says whether that opened a bucket. */
export function count(latency: Latency, ms: number): boolean {
	const wanted = bucket(ms);
	for (let at = 0; at < latency.length; at += 2) {
		if (latency[at] === wanted) {
			latency[at + 1]!++;
			return false;
		}
	}
	latency.push(wanted, 1);
	return true;
}
