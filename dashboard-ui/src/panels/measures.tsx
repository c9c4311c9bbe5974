import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { count, milliseconds, percent } from '../parts/format';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { useSelection, useView } from '../view/view';
import { useDeploys } from './deploys';
import { objectiveFor } from './objective';

type Sli = Schemas['Sli'];
type Slo = Schemas['SloStatus'];

interface Measure {
  id: string;
  title: string;
  sli?: string;
  now: string;
  before: string;
  worse: number;
  counts: string;
  target: string;
  verdict: string;
}

const RATES = [
  ['M1', 'block_rate', 'Block rate'],
  ['M2', 'preflight_failure_rate', 'Preflight failure rate'],
  ['M3', 'credentialed_failure_rate', 'Credentialed request failures'],
  ['M4', 'exposed_header_mismatch', 'Exposed header mismatch'],
] as const;

interface Counted {
  bad: number;
  total: number;
}

/** 95 % of a normal distribution lie within so many standard deviations. */
const USUAL = 1.96;
/** Quantiles of fewer durations say little. */
const LEAST_MEASURED = 100;

/** 1 where a rate is worse than before, -1 where it is better, 0 where chance may be the whole difference. */
export function moved(now: Counted, before: Counted): number {
  if (now.total === 0 || before.total === 0) return 0;
  // The test of two proportions.
  const pooled = (now.bad + before.bad) / (now.total + before.total);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / now.total + 1 / before.total));
  const difference = now.bad / now.total - before.bad / before.total;
  return Math.abs(difference) > USUAL * error ? Math.sign(difference) : 0;
}

function slower({ preflight_latency_ms: now }: Sli, { preflight_latency_ms: before }: Sli): number {
  const few = Math.min(now.measured, before.measured) < LEAST_MEASURED;
  return few || now.p95 == null || before.p95 == null ? 0 : Math.sign(now.p95 - before.p95);
}

function verdict(value: number | null | undefined, target: number | undefined): string {
  if (value == null) return 'no data';
  if (target === undefined) return 'no target';
  return value > target ? 'missed' : 'met';
}

function measures(current: Sli, before: Sli, find: (sli: string) => Slo | undefined): Measure[] {
  const rates = RATES.map(([id, sli, title]): Measure => {
    const [rate, earlier, target] = [current[sli], before[sli], find(sli)?.target];
    return {
      id,
      title,
      now: percent(rate.ratio),
      before: percent(earlier.ratio),
      worse: moved(rate, earlier),
      counts: `${count(rate.bad)} of ${count(rate.total)}`,
      target: target === undefined ? 'none set' : `at most ${percent(target)}`,
      verdict: verdict(rate.ratio, target),
    };
  });
  const { preflight_latency_ms: latency } = current;
  const slow = find('preflight_latency');
  const share = latency.measured > 0 ? latency.slow / latency.measured : null;
  return [
    ...rates,
    {
      id: 'M5',
      title: 'Preflight latency, p95',
      now: milliseconds(latency.p95),
      before: milliseconds(before.preflight_latency_ms.p95),
      worse: slower(current, before),
      counts: `${count(latency.measured)} measured, ${percent(latency.coverage)} of all`,
      target: slow ? `${percent(1 - slow.target)} under 200 ms` : 'none set',
      verdict: verdict(share, slow?.target),
    },
  ];
}

/** M6 and M7 have no objective of their own by default; the guide's starting targets are shown. */
function others(deploys: Schemas['DeploysBody'], services: Schemas['Summary']): Measure[] {
  const rollbacks = deploys.change_rollback_rate;
  const wild = services.wildcard_or_reflecting;
  return [
    {
      id: 'M6',
      title: 'CORS changes rolled back',
      now: percent(rollbacks.ratio),
      before: '–',
      worse: 0,
      counts: `${count(rollbacks.bad)} of ${count(rollbacks.total)} in this time range`,
      target: 'none set',
      verdict: rollbacks.total === 0 ? 'no data' : 'no target',
    },
    {
      id: 'M7',
      title: 'Services with wildcard or reflected origins',
      now: services.services > services.unknown ? count(wild) : '–',
      before: '–',
      worse: 0,
      counts: audited(services),
      target: 'none without intent',
      verdict:
        wild > 0 ? 'missed' : services.unknown > 0 || services.services === 0 ? 'no data' : 'met',
    },
  ];
}

/** How many services answered an audit, and how many did not. */
export function audited({ services, unknown }: Schemas['Summary']): string {
  const known = `of ${count(services - unknown)} audited`;
  return unknown > 0 ? `${known}; ${count(unknown)} did not answer` : known;
}

/** M1 to M7 against their targets, beside the time before. */
export function Measures() {
  const { app, filters } = useView();
  const selection = useSelection();
  const comparison = useData('comparison', selection);
  const slos = useData('slos', app === undefined ? undefined : { app });
  const deploys = useDeploys();
  const inventory = useData('inventory', app === undefined ? undefined : { app });
  const find = (sli: string) => objectiveFor(sli, slos.data?.slos ?? [], filters);
  const body = comparison.data;
  const rows = body ? measures(body.current, body.before, find) : [];
  if (deploys.data && inventory.data) rows.push(...others(deploys.data, inventory.data.summary));
  return (
    <Panel title="M1 to M7 against target" id="measures" of={[comparison, slos]}>
      <Table
        name="measures"
        caption="This time range beside the one before, of the same length"
        rows={rows}
        keyOf={(row) => row.id}
        empty="Nothing is measured yet."
        columns={[
          {
            title: 'Measure',
            value: (row) => `${row.id} ${row.title}`,
          },
          { title: 'Now', number: true, value: (row) => row.now },
          {
            title: 'Before',
            number: true,
            value: (row) => row.before,
            cell: (row) => (
              <>
                {row.before} <Direction of={row.worse} />
              </>
            ),
          },
          { title: 'Counted', number: true, value: (row) => row.counts },
          { title: 'Target', number: true, value: (row) => row.target },
          {
            title: 'Verdict',
            value: (row) => row.verdict,
            cell: (row) => <span class={`badge ${BADGES[row.verdict] ?? ''}`}>{row.verdict}</span>,
          },
        ]}
      />
    </Panel>
  );
}

const BADGES: Record<string, string> = { met: 'balanced', missed: 'not_balanced' };

function Direction({ of }: { of: number }) {
  if (of === 0) return null;
  return <span class={of > 0 ? 'up' : 'down'}>{of > 0 ? '▲ worse now' : '▼ better now'}</span>;
}
