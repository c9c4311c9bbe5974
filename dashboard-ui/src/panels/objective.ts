import type { Schemas } from '../api/client';
import type { Filters } from '../view/filters';

export type Slo = Schemas['SloStatus'];

/** The objective for `sli` of what the filters show: the one with most limits that all fit. */
export function objectiveFor(sli: string, slos: readonly Slo[], filters: Filters): Slo | undefined {
  const shown: Partial<Record<string, string>> = { ...filters };
  const limits = (slo: Slo) => Object.entries(slo.limited_to);
  const fits = slos.filter(
    (slo) => slo.sli === sli && limits(slo).every(([name, value]) => shown[name] === value),
  );
  return fits.sort((a, b) => limits(b).length - limits(a).length)[0];
}
