import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { When } from '../parts/ago';
import { percent } from '../parts/format';
import { safeLink } from '../parts/link';
import { Panel } from '../parts/panel';
import { range } from '../view/filters';
import { useView } from '../view/view';

type Deploy = Schemas['Deploy'];

/** The deploys of an app in the time range. */
export function useDeploys() {
  const { app, filters } = useView();
  return useData('deploys', app === undefined ? undefined : { app, ...range(filters) });
}

const SHOWN = 6;

export function Deploys() {
  const answer = useDeploys();
  const deploys = answer.data;
  const latest = deploys?.deploys.toReversed().slice(0, SHOWN) ?? [];
  const rate = deploys?.change_rollback_rate;
  const note =
    rate && rate.total > 0
      ? `M6: ${rate.bad} of ${rate.total} CORS changes rolled back (${percent(rate.ratio)})`
      : '';
  return (
    <Panel title="Deploys" note={note} id="deploys" of={answer}>
      {latest.length === 0 && (
        <p class="muted">
          None in this window. Let your pipeline <code>POST /api/v1/deploys</code>, and each will be
          marked in the charts.
        </p>
      )}
      <ul class="deploys">
        {latest.map((deploy) => (
          <li key={deploy.id}>
            <When at={deploy.at} />
            <span class={`badge ${deploy.kind}`}>{deploy.kind}</span>
            {deploy.touches_cors && <span class="badge cors">CORS</span>}
            {deploy.state !== 'succeeded' && <span class="badge">{deploy.state}</span>}
            <span>
              {[deploy.service, deploy.environment, deploy.version].filter(Boolean).join(' ')}{' '}
              <What deploy={deploy} /> <span class="muted">{by(deploy)}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What it is, leading to more about it where there is a page. */
function What({ deploy }: { deploy: Deploy }) {
  const link = safeLink(deploy.link);
  return link ? (
    <a href={link} rel="noopener noreferrer" target="_blank">
      {deploy.note || deploy.id}
    </a>
  ) : (
    <span>{deploy.note}</span>
  );
}

/** Who made it, and with whose token it was reported where that is someone else. */
export function by(deploy: Deploy): string {
  const { author, recorded_by } = deploy;
  return recorded_by === '' || recorded_by === author
    ? `by ${author}`
    : `by ${author}, reported with the token ${recorded_by}`;
}
