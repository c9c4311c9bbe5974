import type { Incident, IncidentDetail } from '../../api/contracts';
import { useOptional } from '../../api/optional';
import { Alerts } from '../../panels/alerts';
import { Deliveries } from '../../panels/deliveries';
import { Summary, useIncidents } from '../../panels/incidents';
import { Missing, Quiet } from '../../panels/quiet';
import { SilenceIncident } from '../../panels/silence';
import { When } from '../../parts/ago';
import { Copy } from '../../parts/copy';
import { count } from '../../parts/format';
import { Go } from '../../parts/go';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { changed } from '../../parts/words';
import { useView } from '../../view/view';

/** Every incident, or one with its timeline. */
export default function Incidents() {
  const { id } = useView();
  if (id !== undefined) return <One id={id} />;
  return (
    <>
      <List />
      <Alerts />
      <Quiet
        kind="silences"
        title="Silences"
        ask="Silence something"
        empty="Nothing is silenced."
      />
      <Deliveries />
    </>
  );
}

function List() {
  const answer = useIncidents();
  if (answer.missing) return <Missing title="Incidents" id="all-incidents" />;
  const rows = answer.data?.incidents ?? [];
  const open = rows.filter(({ state }) => state === 'open');
  return (
    <Panel
      title="Incidents"
      note={answer.data && `${count(open.length)} open of ${count(rows.length)}`}
      id="all-incidents"
      of={answer}
    >
      <Table
        name="incidents"
        caption="One for each cause"
        rows={rows}
        keyOf={(row) => row.id}
        empty="There was no incident yet. One opens when an objective's budget burns, or a slice of traffic is blocked wholly."
        columns={[
          {
            title: 'What broke',
            value: (row) => row.title,
            cell: (row) => (
              <Go to="incidents" id={row.id}>
                {row.title}
              </Go>
            ),
          },
          { title: 'State', value: state },
          { title: 'Severity', value: (row) => row.severity },
          {
            title: 'Opened',
            value: (row) => row.opened_at,
            cell: (row) => <When at={row.opened_at} />,
          },
          {
            title: 'Closed',
            value: (row) => row.closed_at,
            cell: (row) => (row.closed_at ? <When at={row.closed_at} /> : '–'),
          },
          { title: 'Page loads hit', number: true, value: (row) => row.impact?.sessions ?? null },
          { title: 'Cause', value: cause },
          { title: 'Suspected change', value: (row) => changed(row.suspects[0]?.id ?? 'none') },
          { title: 'Owner', value: (row) => row.owner },
        ]}
      />
    </Panel>
  );
}

function state({ state, closed_as }: Incident): string {
  return closed_as ? `${state}: ${closed_as.replaceAll('_', ' ')}` : state;
}

function cause({ cause, parameter }: Incident): string | null | undefined {
  return cause && parameter ? `${cause} ${parameter}` : cause;
}

const TONES: Record<string, string> = {
  started: 'bad',
  opened: 'bad',
  grown: 'bad',
  relapsed: 'bad',
  deploy: 'change',
  headers: 'change',
  recovering: 'good',
  closed: 'good',
};

function One({ id }: { id: string }) {
  const answer = useOptional('incidents/{id}', {}, { id });
  const incident = answer.data;
  if (answer.missing) {
    return (
      <section class="panel" aria-labelledby="incident">
        <div class="heading">
          <h2 id="incident">No such incident</h2>
        </div>
        <p class="calm">
          There is no incident {id} that you may see, or this server has no incidents.{' '}
          <Go to="incidents">All incidents</Go>
        </p>
      </section>
    );
  }
  return (
    <Panel title={incident?.title ?? 'Incident'} id="incident" of={answer}>
      {incident && <Detail incident={incident} />}
    </Panel>
  );
}

function Detail({ incident }: { incident: IncidentDetail }) {
  return (
    <div class="columns wide-left">
      <div class="stack">
        <div class={`incident ${incident.severity} ${incident.state}`}>
          <Summary incident={incident} />
          <p>{state(incident)}</p>
          {incident.description && <p>{incident.description}</p>}
          {incident.waits_for?.map((text) => (
            <p key={text} class="muted">
              Waits for: {text}
            </p>
          ))}
          {incident.state === 'open' && <SilenceIncident incident={incident} />}
          <p class="actions">
            <Go to="debug" with={range(incident)}>
              Failures behind it
            </Go>
            <Copy what="link" text={() => location.href} />
          </p>
        </div>
        <section>
          <h3>Timeline</h3>
          <ol class="timeline">
            {incident.timeline?.map((entry) => (
              <li key={entry.at + entry.text} class={TONES[entry.what] ?? ''}>
                <When at={entry.at} /> {entry.text}
              </li>
            ))}
          </ol>
        </section>
      </div>
      <div class="stack">
        <Facts incident={incident} />
        {incident.runbook?.length > 0 && (
          <section>
            <h3>What to do</h3>
            <ul class="checks">
              {incident.runbook.map((step) => (
                <li key={step.text} class={step.done ? 'met' : ''}>
                  <span class="mark-of">
                    <span aria-hidden="true">{step.done ? '✓' : '☐'}</span>
                    <span class="visually-hidden">{step.done ? 'done' : 'to do'}</span>
                  </span>
                  <span>{step.text}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </div>
  );
}

/** The time of the incident, for other pages. */
function range(incident: IncidentDetail) {
  const from = incident.impact?.since ?? incident.opened_at;
  const target = incident.target_origin ?? undefined;
  return {
    ...(incident.closed_at && { from, to: incident.closed_at }),
    ...(target && { target_origin: target }),
  };
}

function Facts({ incident }: { incident: IncidentDetail }) {
  const { evidence, times } = incident;
  const facts: [string, string | null | undefined][] = [
    ['Endpoints', incident.endpoints.join(', ')],
    ['Server', incident.target_origin],
    ['Stage', incident.stage],
    ['Objectives', incident.slis.map((sli) => sli.replaceAll('_', ' ')).join(', ')],
    ['Pages', evidence?.page_origins.join(', ')],
    ['Hit first', evidence?.affected.join(', ')],
    ['Still healthy', evidence?.healthy.join(', ')],
    ['Diagnosis', evidence?.diagnosis],
    ['Fix', evidence?.fix],
    ['Time to detect', times?.to_detect],
    ['Time to page', times?.to_notify],
    ['Time to fix', times?.to_fix],
  ];
  return (
    <section>
      <h3>Facts</h3>
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name} class="fact">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {evidence?.headers.length > 0 && <pre class="code">{evidence.headers.join('\n')}</pre>}
      {evidence?.changes.map((change) => (
        <p key={change.header + change.to}>
          {change.what}{' '}
          <span class="muted">
            (<When at={change.to} />)
          </span>
        </p>
      ))}
      {incident.alerts.map((alert) => (
        <p key={alert.id} class="muted">
          {alert.slo}, {alert.rule}: {alert.measured ?? ''} {alert.budget ?? ''}
        </p>
      ))}
    </section>
  );
}
