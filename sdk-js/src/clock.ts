/** An instant on both clocks. */
export type Instant = [wall: number, monotonic: number];

/** Now. */
export const now = (): Instant => [Date.now(), performance.now()];

/**
 * Milliseconds since an instant. The monotonic clock stands still while the machine sleeps and the
 * wall clock can be set back, so the larger of the two is right.
 */
export const elapsed = (since: Instant): number =>
	Math.max(0, Math.round(Date.now() - since[0]), Math.round(performance.now() - since[1]));
