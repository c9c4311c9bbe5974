import type { ApiError, Deploys, Series, Slos } from './api';
import { Figure } from './figure';
import type { Filters } from './filters';
import { milliseconds, percent, shortCount } from './format';
import { Panel } from './panel';
import type { Line, Marker } from './plot';

interface Props {
  answers: { series?: Series; slos?: Slos; deploys?: Deploys };
  error: ApiError | undefined;
  filters: Filters;
  now: number;
}

const HIGH = 'with unknown, at most';
const LATENCY_TARGET_MS = 200;

/** How M1, the traffic and M5 went in the window. */
export function Charts({ answers, error, filters, now }: Props) {
  const { series } = answers;
  return (
    <Panel
      title={`The last ${filters.window}`}
      note={series ? `a point every ${series.step / 60} min` : ''}
      id="charts"
      error={error}
      loaded={series !== undefined}
    >
      {series && <Figures series={series} answers={answers} now={now} />}
    </Panel>
  );
}

function Figures({
  series,
  answers,
  now,
}: {
  series: Series;
  answers: Props['answers'];
  now: number;
}) {
  const { points } = series;
  const times = points.map((point) => Date.parse(point.at) / 1000);
  const target = answers.slos?.slos.find((slo) => slo.sli === 'block_rate')?.target;
  const watermark = series.watermark === null ? undefined : Date.parse(series.watermark) / 1000;
  const shared = { times, now, completeUntil: watermark, markers: markers(answers.deploys) };
  const level = (value: number) => times.map(() => value);
  const rates: Line[] = [
    {
      label: HIGH,
      color: '--bad',
      shape: 'edge',
      values: points.map((p) => p.block_rate.band?.[1] ?? null),
    },
    { label: 'blocked', color: '--bad', values: points.map((p) => p.block_rate.ratio) },
    ...(target === undefined
      ? []
      : [{ label: 'target', color: '--target', shape: 'dashed' as const, values: level(target) }]),
  ];
  const latency = (of: 'p50' | 'p95' | 'p99', color: string): Line => ({
    label: of,
    color,
    values: points.map((p) => p.preflight_latency_ms[of]),
  });
  return (
    <>
      <Figure
        title="Block rate"
        lines={rates}
        band={[HIGH, 'blocked']}
        height={210}
        format={percent}
        {...shared}
      />
      <Figure
        title="Requests"
        lines={[
          {
            label: 'requests',
            color: '--accent',
            shape: 'bars',
            values: points.map((p) => p.block_rate.total),
          },
        ]}
        height={120}
        format={shortCount}
        {...shared}
      />
      <Figure
        title="Preflight latency"
        lines={[
          latency('p50', '--p50'),
          latency('p95', '--p95'),
          latency('p99', '--p99'),
          { label: 'target', color: '--target', shape: 'dashed', values: level(LATENCY_TARGET_MS) },
        ]}
        height={170}
        format={milliseconds}
        {...shared}
      />
      <p class="muted key-note">
        {(watermark ?? 0) > 0 &&
          'Shaded at the right: not everything received is counted there yet. '}
        Vertical lines are deploys.
      </p>
    </>
  );
}

function markers(deploys: Deploys | undefined): Marker[] {
  const all = deploys?.deploys ?? [];
  return all.map((deploy) => ({
    at: Date.parse(deploy.at) / 1000,
    label: `${deploy.service || deploy.kind}${deploy.kind === 'rollback' ? ' (rollback)' : ''}`,
    color: deploy.touches_cors ? '--deploy' : '--muted',
  }));
}
