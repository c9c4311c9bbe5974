// Whether blocked requests are told from others during incidents, in three engines; at several distances, and
// with scenarios that were written before the verdicts were tried on them.
import { incidents } from "../fixture/incidents";
import { verdictsOn } from "../fixture/verdicts";

const MOST_UNKNOWN = 0.12;

verdictsOn(
	incidents,
	{
		chromium: { precision: 0.8, recall: 0.82 },
		firefox: { precision: 0.78, recall: 0.78 },
		webkit: { precision: 0.78, recall: 0.78 },
	},
	MOST_UNKNOWN,
);
