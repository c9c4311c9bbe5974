/** The bucket that holds `ms`: steps of 9 % with a border at 200 ms, as the collector reads them. */
export const bucket = (ms: number): number => Math.max(0, Math.min(159, 64 + 8 * Math.log2(ms / 200))) | 0;

/** Counts one duration in flat pairs of bucket and count. */
export const count = (pairs: number[], ms: number): void => {
	const wanted = bucket(ms);
	let at = 0;
	while (at in pairs && pairs[at] !== wanted) at += 2;
	pairs[at] = wanted;
	pairs[at + 1] = (pairs[at + 1] || 0) + 1;
};
