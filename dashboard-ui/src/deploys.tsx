import type { ApiError, Deploys as Body, Deploy } from './api';
import { percent, time } from './format';
import { Panel } from './panel';

interface Props {
  deploys: Body | undefined;
  error: ApiError | undefined;
  now: number;
}

const SHOWN = 6;

export function Deploys({ deploys, error, now }: Props) {
  const latest = deploys?.deploys.toReversed().slice(0, SHOWN) ?? [];
  const rate = deploys?.change_rollback_rate;
  const note =
    rate && rate.total > 0
      ? `M6: ${rate.bad} of ${rate.total} CORS changes rolled back (${percent(rate.ratio)})`
      : '';
  return (
    <Panel title="Deploys" note={note} id="deploys" error={error} loaded={deploys !== undefined}>
      {latest.length === 0 && (
        <p class="muted">
          None in this window. Let your pipeline <code>POST /api/v1/deploys</code>, and each will be
          marked in the charts.
        </p>
      )}
      <ul class="deploys">
        {latest.map((deploy) => (
          <li key={deploy.id}>
            <time datetime={deploy.at}>{time(deploy.at, now)}</time>
            <span class={`badge ${deploy.kind}`}>{deploy.kind}</span>
            {deploy.touches_cors && <span class="badge cors">CORS</span>}
            <span>
              {deploy.service} {deploy.note} <span class="muted">{by(deploy)}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Who made it, and with whose token it was reported where that is somebody else. */
function by(deploy: Deploy): string {
  const { author, recorded_by } = deploy;
  return recorded_by === '' || recorded_by === author
    ? `by ${author}`
    : `by ${author}, reported with the token ${recorded_by}`;
}
