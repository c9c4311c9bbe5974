let ahead = 0;

/**
 * Milliseconds that only grow: the monotonic clock stands still while the machine sleeps and the
 * wall clock can be set back, so that the larger advance of the two counts.
 */
export const now = (): number => {
	const ticks = performance.now();
	ahead = Math.max(ahead, Date.now() - ticks);
	return ahead + ticks;
};
