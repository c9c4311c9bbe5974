import { useMemo } from 'preact/hooks';
import type { ApiError, Deploys, Series, Slos } from './api';
import { Figure } from './figure';
import { type Filters, inWords } from './filters';
import { milliseconds, percent, shortCount } from './format';
import { Panel } from './panel';
import type { Line, Marker } from './plot';
import { objectiveFor } from './slo';

interface Props {
  answers: { series?: Series; slos?: Slos; deploys?: Deploys };
  error: ApiError | undefined;
  filters: Filters;
  now: number;
}

type Point = Series['points'][number];

const HIGH = 'with unknown, at most';
const LATENCY_TARGET_MS = 200;

/** How M1, the traffic and M5 went in the window. */
export function Charts({ answers, error, filters, now }: Props) {
  const { series } = answers;
  return (
    <Panel
      title={`Last ${inWords(filters.window)}`}
      note={series ? `a point every ${series.step / 60} min` : ''}
      id="charts"
      error={error}
      loaded={series !== undefined}
    >
      {series && <Figures {...{ series, answers, filters, now }} />}
    </Panel>
  );
}

type Content = Pick<
  Parameters<typeof Figure>[0],
  'title' | 'lines' | 'band' | 'height' | 'least' | 'format'
>;

function Figures({
  series,
  answers: { slos, deploys },
  filters,
  now,
}: {
  series: Series;
  answers: Props['answers'];
  filters: Filters;
  now: number;
}) {
  const target = objectiveFor('block_rate', slos?.slos ?? [], filters)?.target;
  // Made anew only with new answers: every second and every move of the pointer renders the page.
  const figures = useMemo(() => contents(series, target), [series, target]);
  const shared = useMemo(() => {
    const named = markers(deploys);
    const watermark = series.watermark === null ? undefined : Date.parse(series.watermark) / 1000;
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
  const line = (label: string, color: string, value: (p: Point) => number | null): Line => ({
    label,
    color,
    values: points.map(value),
  });
  const dashed = (value: number): Line => ({
    label: 'target',
    color: '--target',
    shape: 'dashed',
    values: level(value),
  });
  const rates: Line[] = [
    { ...line(HIGH, '--bad', (p) => p.block_rate.band?.[1] ?? null), shape: 'edge' },
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

const seconds = (series: Series) => series.points.map((point) => Date.parse(point.at) / 1000);

function markers(deploys: Deploys | undefined): Marker[] {
  const all = deploys?.deploys ?? [];
  return all.map((deploy) => ({
    at: Date.parse(deploy.at) / 1000,
    label: `${deploy.service || deploy.kind}${deploy.kind === 'rollback' ? ' (rollback)' : ''}`,
    color: deploy.touches_cors ? '--deploy' : '--muted',
  }));
}
