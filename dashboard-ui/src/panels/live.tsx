import { useMemo } from 'preact/hooks';
import { useLive } from '../api/live';
import { Figure } from '../parts/figure';
import { count, duration, percent } from '../parts/format';
import { Faults } from '../parts/panel';
import { useNow, useRound } from '../view/clock';
import { useView } from '../view/view';

/** The block rate of the last minutes as it comes, and how far it lags. */
export function LiveRate() {
  const { app } = useView();
  const { paused } = useRound();
  const { tick, points, error } = useLive(app);
  const now = useNow();
  const figure = useMemo(() => {
    const values = points.map((point) => point.block_rate.ratio ?? null);
    return {
      times: points.map((point) => Date.parse(point.at) / 1000),
      lines: [{ label: 'blocked', color: '--bad', values }],
    };
  }, [points]);
  if (error?.status === 404) return null;
  const recent = points.slice(-5).map((point) => point.block_rate);
  const bad = recent.reduce((sum, rate) => sum + rate.bad, 0);
  const total = recent.reduce((sum, rate) => sum + rate.total, 0);
  return (
    <section class="panel" aria-labelledby="live">
      <div class="heading">
        <h2 id="live">
          Live block rate <small>every service, the last half hour by minute</small>
        </h2>
      </div>
      <Faults errors={error ? [error] : []} loaded={tick !== undefined} />
      {paused && <p class="muted">Paused.</p>}
      {tick && (
        <p class="live-rate">
          <b>{percent(total > 0 ? bad / total : null)}</b>
          <span>
            {count(bad)} of {count(total)} requests blocked in the last 5 minutes
          </span>
          <span class="muted">
            {tick.lag_ms == null
              ? 'nothing is counted yet'
              : `complete up to ${duration(Math.round(tick.lag_ms / 1000))} ago`}
          </span>
        </p>
      )}
      {points.length > 0 && (
        <Figure
          title="Block rate by minute"
          {...figure}
          height={110}
          least={0.001}
          format={percent}
          now={now}
        />
      )}
      {tick && points.length === 0 && <p class="muted">Nothing was seen in the last half hour.</p>}
    </section>
  );
}
