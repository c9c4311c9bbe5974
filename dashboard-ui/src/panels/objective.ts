import type { Schemas } from '../api/client';
import { percent, times } from '../parts/format';
import type { Filters } from '../view/filters';

export type Slo = Schemas['SloStatus'];

/** More often than this a number says nothing any more. */
const MAX_TIMES_OVER = 10;

/** What is left of a budget, in words. */
export function budgetInWords({ budget_remaining: left, window }: Slo): string {
  if (left == null) return `no data in ${window}`;
  if (left >= 0) return `${percent(left)} of the ${window} budget left`;
  const over = 1 - left;
  return over < MAX_TIMES_OVER
    ? `${window} budget spent ${times(over)} times over`
    : `${window} budget exhausted`;
}

/** How a budget is shown. */
export function budgetLevel({ budget_remaining: left }: Slo): 'none' | 'spent' | 'low' | 'fine' {
  if (left == null) return 'none';
  if (left <= 0) return 'spent';
  return left < 0.25 ? 'low' : 'fine';
}

/** The objective for `sli` of what the filters show: the one with most limits that all fit. */
export function objectiveFor(sli: string, slos: readonly Slo[], filters: Filters): Slo | undefined {
  const shown: Partial<Record<string, string>> = { ...filters };
  const limits = (slo: Slo) => Object.entries(slo.limited_to);
  const fits = slos.filter(
    (slo) => slo.sli === sli && limits(slo).every(([name, value]) => shown[name] === value),
  );
  return fits.sort((a, b) => limits(b).length - limits(a).length)[0];
}
