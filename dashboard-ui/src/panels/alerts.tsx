import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { ago, time } from '../parts/format';
import { Go } from '../parts/go';
import { safeLink } from '../parts/link';
import { Panel } from '../parts/panel';
import { FIRST_STEPS } from '../parts/words';
import { useNow } from '../view/clock';
import { useView } from '../view/view';

type Alert = Schemas['Alert'];

const SHOWN_RESOLVED = 5;

/** The alerts of the app that is shown. */
export function Alerts() {
  const { app } = useView();
  const now = useNow();
  const answer = useData('alerts', app === undefined ? undefined : { app });
  const alerts = answer.data?.alerts;
  const lasting = alerts?.filter((alert) => alert.resolved_at == null) ?? [];
  const resolved = alerts?.filter((alert) => alert.resolved_at != null) ?? [];
  return (
    <Panel title="Alerts" id="alerts" of={answer}>
      {lasting.length === 0 && <p class="calm">No alert lasts.</p>}
      <ul class="alerts">
        {lasting.map((alert, at) => (
          <Lasting key={alert.id} alert={alert} first={at === 0} now={now} />
        ))}
      </ul>
      {resolved.length > 0 && (
        <details>
          <summary>Resolved ({resolved.length})</summary>
          <ul class="alerts">
            {resolved.slice(0, SHOWN_RESOLVED).map((alert) => (
              <li key={alert.id} class="resolved">
                <strong>{name(alert)}</strong> {time(alert.since, now)} to{' '}
                {time(alert.resolved_at ?? '', now)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

function Lasting({ alert, first, now }: { alert: Alert; first: boolean; now: number }) {
  const runbook = safeLink(alert.runbook_url);
  return (
    <li class={`alert ${alert.severity} ${alert.state}`}>
      <p class="head">
        <span class="badge">{alert.severity}</span> <strong>{name(alert)}</strong>{' '}
        <span class="state">
          {alert.rule}, {alert.state} since {time(alert.since, now)} ({ago(alert.since, now)})
        </span>
      </p>
      {alert.summary && <p>{withoutName(alert.summary, alert)}</p>}
      {alert.group && <p class="muted">{alert.group}</p>}
      <p>
        <Go to="debug">Failures behind it</Go>
      </p>
      {alert.owner && <p class="muted">owner: {alert.owner}</p>}
      <details open={first}>
        <summary>What is known, what to do</summary>
        {alert.description && <p class="todo">{alert.description}</p>}
        <p class="todo">{FIRST_STEPS}</p>
      </details>
      {runbook && (
        <a href={runbook} rel="noopener noreferrer" target="_blank">
          Open runbook
        </a>
      )}
    </li>
  );
}

/** The summary stands alone in a pager; here the name is right above it. */
function withoutName(summary: string, alert: Alert): string {
  return summary.startsWith(`${alert.slo}: `) ? summary.slice(alert.slo.length + 2) : summary;
}

function name(alert: Alert): string {
  return alert.slo || alert.rule;
}
