import type { Alert, ApiError } from './api';
import { ago, time } from './format';
import { safeLink } from './link';
import { Panel } from './panel';
import { FIRST_STEPS } from './words';

interface Props {
  alerts: Alert[] | undefined;
  error: ApiError | undefined;
  now: number;
}

const SHOWN_RESOLVED = 5;

export function Alerts({ alerts, error, now }: Props) {
  const lasting = alerts?.filter((alert) => alert.resolved_at === null) ?? [];
  const resolved = alerts?.filter((alert) => alert.resolved_at !== null) ?? [];
  return (
    <Panel title="Alerts" id="alerts" error={error} loaded={alerts !== undefined}>
      {lasting.length === 0 && <p class="calm">No alert lasts.</p>}
      <ul class="alerts">
        {lasting.map((alert) => (
          <Lasting key={alert.id} alert={alert} now={now} />
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

function Lasting({ alert, now }: { alert: Alert; now: number }) {
  const runbook = safeLink(alert.runbook_url);
  return (
    <li class={`alert ${alert.severity} ${alert.state}`}>
      <p class="head">
        <span class="badge">{alert.severity}</span> <strong>{name(alert)}</strong>{' '}
        <span class="state">
          {alert.state}, since {time(alert.since, now)} ({ago(alert.since, now)})
        </span>
      </p>
      {alert.summary && <p>{alert.summary}</p>}
      {alert.group && <p class="muted">{alert.group}</p>}
      <p class="todo">{alert.description ?? FIRST_STEPS}</p>
      {runbook && (
        <a href={runbook} rel="noopener noreferrer" target="_blank">
          Open runbook
        </a>
      )}
    </li>
  );
}

function name(alert: Alert): string {
  return alert.slo || alert.rule;
}
