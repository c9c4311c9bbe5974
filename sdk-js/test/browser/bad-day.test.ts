// Whether blocked requests are told from others while servers are half broken, in three engines.
import { badDays } from "../fixture/bad-day";
import { verdictsOn } from "../fixture/verdicts";

/** Some 5 % are unknown where the machine is not busy. */
const MOST_UNKNOWN = 0.12;

verdictsOn(
	badDays,
	{
		chromium: { precision: 0.84, recall: 0.9 },
		firefox: { precision: 0.78, recall: 0.8 },
		webkit: { precision: 0.86, recall: 0.9 },
	},
	MOST_UNKNOWN,
);
