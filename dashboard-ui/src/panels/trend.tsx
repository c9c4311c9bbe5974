import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { type Answer, useData } from '../api/query';
import { Figure } from '../parts/figure';
import { percent } from '../parts/format';
import { Faults, Panel } from '../parts/panel';
import type { Line } from '../parts/plot';
import { nameless } from '../parts/words';
import { useNow } from '../view/clock';
import { useSelection, useView } from '../view/view';
import { seconds, useSeries } from './charts';
import { useEarlier } from './earlier';
import { useMarkers } from './markers';
import { objectiveFor } from './objective';

/** The block rate against its objective, and that of the time before where asked for. */
export function BlockTrend() {
  const { app, filters } = useView();
  const answer = useSeries();
  const slos = useData('slos', app === undefined ? undefined : { app }).data?.slos ?? [];
  const markers = useMarkers();
  const now = useNow();
  const series = answer.data;
  const { line: before, answer: earlier } = useEarlier(series);
  const target = objectiveFor('block_rate', slos, filters)?.target;
  const figure = useMemo(() => {
    if (series === undefined) return undefined;
    const rate = (of: (p: Schemas['Point']) => number | null | undefined) =>
      series.points.map((point) => of(point) ?? null);
    const lines: Line[] = [
      { label: 'blocked', color: '--bad', values: rate((p) => p.block_rate.ratio) },
    ];
    if (target !== undefined) {
      const values = series.points.map(() => target);
      lines.push({ label: 'objective', color: '--target', shape: 'dashed', values });
    }
    if (before !== undefined) lines.push(before);
    return { times: seconds(series), lines };
  }, [series, target, before]);
  return (
    <Panel title="Block rate against its objective" id="block-trend" of={answer}>
      <Faults errors={earlier.error ? [earlier.error] : []} loaded />
      {figure && (
        <Figure
          title="Blocked requests"
          {...figure}
          markers={markers}
          height={180}
          least={0.0001}
          format={percent}
          now={now}
        />
      )}
    </Panel>
  );
}

/** Services whose trends are drawn: those with most requests. */
const DRAWN = 4;
const COLORS = ['--p95', '--deploy', '--p50', '--warn'] as const;

/** Preflight failures over time, a line for each of the largest services. */
export function PreflightTrend() {
  const selection = useSelection();
  const services = useData('breakdown', selection && { ...selection, by: 'service', limit: DRAWN });
  const names = services.data?.rows.map((row) => row.value) ?? [];
  // As many hooks as colours, whatever services there are.
  const answers = COLORS.map((_, at) => {
    const service = names[at];
    return useData(
      'series',
      selection === undefined || service === undefined ? undefined : { ...selection, service },
    );
  });
  return (
    <Panel
      title="Preflight failures by service"
      note="the services with most requests"
      id="preflight-trend"
      of={services}
    >
      {names.length === 0 ? (
        <p class="calm">Nothing was seen in this time range.</p>
      ) : (
        <Lines names={names} answers={answers} />
      )}
    </Panel>
  );
}

function Lines({ names, answers }: { names: string[]; answers: Answer<Schemas['SeriesBody']>[] }) {
  const now = useNow();
  const series = answers.map((answer) => answer.data);
  const figure = useMemo(() => {
    const first = series.find((one) => one !== undefined);
    if (first === undefined) return undefined;
    const lines = names.flatMap((name, at): Line[] => {
      const points = series[at]?.points;
      const color = COLORS[at];
      if (points === undefined || color === undefined) return [];
      const values = points.map((point) => point.preflight_failure_rate.ratio ?? null);
      return [{ label: nameless(name), color, values }];
    });
    return { times: seconds(first), lines };
  }, [names.join(), ...series]);
  if (figure === undefined) return <p class="loading">Loading…</p>;
  return (
    <Figure
      title="Failed preflights"
      {...figure}
      height={150}
      least={0.005}
      format={percent}
      now={now}
    />
  );
}
