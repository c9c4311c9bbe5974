import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { Figure } from '../parts/figure';
import { milliseconds, percent, shortCount } from '../parts/format';
import { Faults, Panel } from '../parts/panel';
import type { Line } from '../parts/plot';
import { useNow } from '../view/clock';
import { rangeInWords } from '../view/filters';
import { useSelection, useView } from '../view/view';
import { useEarlier } from './earlier';
import { useMarkers } from './markers';
import { objectiveFor } from './objective';

type Series = Schemas['SeriesBody'];
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
  const earlier = useEarlier(series);
  return (
    <Panel
      title={rangeInWords(filters)}
      note={series ? `a point every ${series.step / 60} min` : ''}
      id="charts"
      of={answer}
    >
      <Faults errors={earlier.answer.error ? [earlier.answer.error] : []} loaded />
      {series && <Figures series={series} before={earlier.line} />}
    </Panel>
  );
}

type Content = Pick<
  Parameters<typeof Figure>[0],
  'title' | 'lines' | 'band' | 'height' | 'least' | 'format'
>;

function Figures({ series, before }: { series: Series; before: Line | undefined }) {
  const { app, filters } = useView();
  const slos = useData('slos', app === undefined ? undefined : { app }).data;
  const named = useMarkers();
  const now = useNow();
  const target = objectiveFor('block_rate', slos?.slos ?? [], filters)?.target;
  // Computed again only for new answers: every second and every move of the pointer renders the page.
  const figures = useMemo(() => contents(series, target, before), [series, target, before]);
  const shared = useMemo(() => {
    const watermark = series.watermark == null ? undefined : Date.parse(series.watermark) / 1000;
    const unnamed = named.map((marker) => ({ ...marker, label: '' }));
    return { times: seconds(series), completeUntil: watermark, unnamed };
  }, [series, named]);
  const { times, completeUntil, unnamed } = shared;
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
        Vertical lines are deploys and observed header changes.
      </p>
    </>
  );
}

function contents(series: Series, target: number | undefined, before: Line | undefined): Content[] {
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
  if (before !== undefined) rates.push(before);
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
