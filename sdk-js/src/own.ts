import { full } from "./variant";

/** What the SDK reports about itself with the next beacon: probes sent, errors of its own, beacons given up. */
export let own: Record<string, number> = {};

/** Counts one more. */
export const note = (what: "probes" | "errors" | "drops"): undefined => {
	if (full) own[what] = -~own[what]!;
};

/** Counts from zero. */
export const renew = (): void => {
	own = {};
};
