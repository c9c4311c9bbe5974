import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { type Answer, useData } from '../api/query';
import { Figure } from '../parts/figure';
import { count, percent, times } from '../parts/format';
import { Go } from '../parts/go';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { useNow } from '../view/clock';
import { NARROWING } from '../view/filters';
import { seconds } from './charts';
import { useMarkers } from './markers';

type Slo = Schemas['SloStatus'];
type Sli = Schemas['Sli'];

/** The windows of multi-window burn rates (SRE workbook, chapter 5), and the whole day. */
const WINDOWS = ['5m', '30m', '1h', '6h', '24h', '3d'] as const;

/** Failed and all, as the objective counts them. */
function counts(sli: Sli, name: Slo['sli']): { bad: number; total: number } {
  if (name !== 'preflight_latency') return sli[name];
  const { slow, measured } = sli.preflight_latency_ms;
  return { bad: slow, total: measured };
}

function limits(slo: Slo) {
  const known = NARROWING.filter((name) => slo.limited_to[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, slo.limited_to[name]]));
}

/** Whether every limit of an objective can be asked for. */
function askable(slo: Slo): boolean {
  const known: readonly string[] = NARROWING;
  return Object.keys(slo.limited_to).every((name) => known.includes(name));
}

/** How the budget of one objective went, and how fast it burns now. */
export function Burn({ slo }: { slo: Slo }) {
  if (!askable(slo)) {
    return (
      <p class="muted">
        {slo.name} is limited to {Object.keys(slo.limited_to).join(', ')}, which charts cannot show.
      </p>
    );
  }
  return (
    <div class="columns wide-left">
      <BurnDown slo={slo} />
      <BurnRates slo={slo} />
    </div>
  );
}

function BurnDown({ slo }: { slo: Slo }) {
  const answer = useData('series', { app: slo.app, window: slo.window, ...limits(slo) });
  const marked = useMarkers();
  const now = useNow();
  const series = answer.data;
  const figure = useMemo(() => series && burnDown(series, slo), [series, slo.name, slo.target]);
  return (
    <Panel
      title={`Budget of ${slo.name}`}
      note={`over ${slo.window}, at most ${percent(slo.target)} may fail`}
      id="burn-down"
      of={answer}
    >
      {figure && <Figure title="Budget left" {...figure} markers={marked} now={now} />}
      <p class="actions">
        <Go to="debug" with={{ window: slo.window, ...limits(slo) }}>
          Failures that spent it
        </Go>
      </p>
    </Panel>
  );
}

function burnDown(series: Schemas['SeriesBody'], slo: Slo) {
  const each = series.points.map((point) => counts(point, slo.sli));
  const budget = slo.target * each.reduce((sum, { total }) => sum + total, 0);
  let spent = 0;
  const values = each.map(({ bad }) => {
    spent += bad;
    return budget > 0 ? 1 - spent / budget : null;
  });
  return {
    times: seconds(series),
    lines: [
      { label: 'left', color: '--accent', values },
      {
        label: 'spent',
        color: '--bad',
        shape: 'dashed' as const,
        values: values.map(() => 0),
      },
    ],
    height: 220,
    least: 1,
    format: percent,
  };
}

interface Rate {
  window: string;
  bad: number;
  total: number;
  burn: number | null;
}

function BurnRates({ slo }: { slo: Slo }) {
  // The list of windows is fixed, and so is the order of the hooks.
  const answers: Answer<Schemas['SliBody']>[] = WINDOWS.map((window) =>
    useData('sli', { app: slo.app, window, ...limits(slo) }),
  );
  const rows = WINDOWS.flatMap((window, at): Rate[] => {
    const sli = answers[at]?.data;
    if (sli === undefined) return [];
    const { bad, total } = counts(sli, slo.sli);
    return [{ window, bad, total, burn: total > 0 ? bad / total / slo.target : null }];
  });
  return (
    <Panel title="Burn rate" note="1 spends exactly the budget" id="burn-rates" of={answers}>
      <Table
        name="burn-rates"
        caption="How many times faster than budgeted, by window"
        rows={rows}
        keyOf={(row) => row.window}
        empty="Not measured yet."
        columns={[
          { title: 'Window', value: (row) => row.window },
          {
            title: 'Burn rate',
            number: true,
            value: (row) => row.burn,
            cell: (row) => (row.burn === null ? 'no data' : times(row.burn)),
          },
          { title: 'Failed', number: true, value: (row) => row.bad, cell: (row) => count(row.bad) },
          { title: 'Of', number: true, value: (row) => row.total, cell: (row) => count(row.total) },
        ]}
      />
    </Panel>
  );
}
