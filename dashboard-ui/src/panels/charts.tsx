import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { Figure } from '../parts/figure';
import { milliseconds, percent, shortCount } from '../parts/format';
import { Panel } from '../parts/panel';
import type { Line, Marker } from '../parts/plot';
import { useNow } from '../view/clock';
import { rangeInWords } from '../view/filters';
import { useSelection, useView } from '../view/view';
import { useDeploys } from './deploys';
import { objectiveFor } from './objective';

type Series = Schemas['SeriesBody'];
type Deploys = Schemas['DeploysBody'];
type Point = Series['points'][number];

const HIGH = 'with unknown, at most';
const LATENCY_TARGET_MS = 200;

/** The SLIs of the time range, step by step. */
export function useSeries() {
  return useData('series', useSelection());
}

/** How M1, the traffic and M5 went in the time range. */
export function Charts() {
  const { filters } = useView();
  const answer = useSeries();
  const series = answer.data;
  return (
    <Panel
      title={rangeInWords(filters)}
      note={series ? `a point every ${series.step / 60} min` : ''}
      id="charts"
      of={answer}
    >
      {series && <Figures series={series} />}
    </Panel>
  );
}

type Content = Pick<
  Parameters<typeof Figure>[0],
  'title' | 'lines' | 'band' | 'height' | 'least' | 'format'
>;

function Figures({ series }: { series: Series }) {
  const { app, filters } = useView();
  const slos = useData('slos', app === undefined ? undefined : { app }).data;
  const deploys = useDeploys().data;
  const now = useNow();
  const target = objectiveFor('block_rate', slos?.slos ?? [], filters)?.target;
  // Made anew only with new answers: every second and every move of the pointer renders the page.
  const figures = useMemo(() => contents(series, target), [series, target]);
  const shared = useMemo(() => {
    const named = markers(deploys);
    const watermark = series.watermark == null ? undefined : Date.parse(series.watermark) / 1000;
    const unnamed = named.map((marker) => ({ ...marker, label: '' }));
    return { times: seconds(series), completeUntil: watermark, named, unnamed };
  }, [series, deploys]);
  const { times, completeUntil, named, unnamed } = shared;
  return (
    <>
      {figures.map((figure, at) => (
        <Figure
          key={figure.title}
          {...figure}
          {...{ times, completeUntil, now }}
          markers={at === 0 ? named : unnamed}
        />
      ))}
      <p class="muted key-note">
        {completeUntil !== undefined &&
          'Shaded at the right: not everything received is counted there yet. '}
        Vertical lines are deploys.
      </p>
    </>
  );
}

function contents(series: Series, target: number | undefined): Content[] {
  const { points } = series;
  const level = (value: number) => points.map(() => value);
  const line = (
    label: string,
    color: string,
    value: (p: Point) => number | null | undefined,
  ): Line => ({
    label,
    color,
    values: points.map((point) => value(point) ?? null),
  });
  const dashed = (value: number): Line => ({
    label: 'target',
    color: '--target',
    shape: 'dashed',
    values: level(value),
  });
  const rates: Line[] = [
    { ...line(HIGH, '--bad', (p) => p.block_rate.band?.[1]), shape: 'edge' },
    line('blocked', '--bad', (p) => p.block_rate.ratio),
  ];
  if (target !== undefined) rates.push(dashed(target));
  const requests: Line = {
    ...line('requests', '--accent', (p) => p.block_rate.total),
    shape: 'bars',
  };
  const latency = [
    line('p50', '--p50', (p) => p.preflight_latency_ms.p50),
    line('p95', '--p95', (p) => p.preflight_latency_ms.p95),
    line('p99', '--p99', (p) => p.preflight_latency_ms.p99),
    dashed(LATENCY_TARGET_MS),
  ];
  return [
    {
      title: 'Block rate',
      lines: rates,
      band: [HIGH, 'blocked'],
      height: 200,
      least: 0.0001,
      format: percent,
    },
    { title: 'Requests', lines: [requests], height: 120, least: 5, format: shortCount },
    { title: 'Preflight latency', lines: latency, height: 170, least: 100, format: milliseconds },
  ];
}

export const seconds = (series: Series) =>
  series.points.map((point) => Date.parse(point.at) / 1000);

export function markers(deploys: Deploys | undefined): Marker[] {
  const all = deploys?.deploys ?? [];
  return all.map((deploy) => ({
    at: Date.parse(deploy.at) / 1000,
    label: `${deploy.service || deploy.kind}${deploy.kind === 'rollback' ? ' (rollback)' : ''}`,
    color: deploy.touches_cors ? '--deploy' : '--muted',
  }));
}
