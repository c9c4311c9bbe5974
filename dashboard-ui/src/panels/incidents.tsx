import type { Incident } from '../api/contracts';
import { useOptional } from '../api/optional';
import { Ago, When } from '../parts/ago';
import { count, percent } from '../parts/format';
import { Go } from '../parts/go';
import { safeLink } from '../parts/link';
import { Panel } from '../parts/panel';
import { changed } from '../parts/words';
import { useView } from '../view/view';
import { SilenceIncident } from './silence';

/** The incidents of the app that is shown. */
export function useIncidents(state?: 'open' | 'closed') {
  const { app } = useView();
  return useOptional('incidents', app === undefined ? undefined : { app, state });
}

export function OpenIncidents() {
  const answer = useIncidents('open');
  const incidents = answer.data?.incidents ?? [];
  if (answer.missing) return null;
  return (
    <Panel title="Open incidents" id="incidents" of={answer}>
      {incidents.length === 0 && <p class="calm">No incident is open.</p>}
      <ul class="incidents">
        {incidents.map((incident) => (
          <li key={incident.id} class={`incident ${incident.severity}`}>
            <Summary incident={incident} />
            <SilenceIncident incident={incident} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What broke, for how many, since when, and which change is suspected. */
export function Summary({ incident }: { incident: Incident }) {
  const runbook = safeLink(incident.runbook_url);
  const [suspect] = incident.suspects;
  return (
    <>
      <p>
        <span class={`badge ${incident.severity}`}>{incident.severity}</span>{' '}
        <Go to="incidents" id={incident.id}>
          <strong>{incident.title}</strong>
        </Go>
      </p>
      <p class="muted">
        since <When at={incident.impact?.since ?? incident.opened_at} /> (
        <Ago at={incident.impact?.since ?? incident.opened_at} />)
        {incident.owner && <> · owner: {incident.owner}</>}
        {runbook && (
          <>
            {' · '}
            <a href={runbook} rel="noopener noreferrer" target="_blank">
              Open runbook
            </a>
          </>
        )}
      </p>
      {incident.impact && <p>{impactOf(incident.impact)}</p>}
      {incident.cause && (
        <p>
          Cause: <strong>{incident.cause}</strong>{' '}
          {incident.parameter && <code>{incident.parameter}</code>}
        </p>
      )}
      <p>
        {suspect ? (
          <>
            Suspected change: {suspect.kind.replaceAll('_', ' ')} <code>{changed(suspect.id)}</code>
            , <When at={suspect.at} />: {suspect.why}
            {suspect.undo && <>. {suspect.undo}</>}
            <More link={safeLink(suspect.link)} />
          </>
        ) : (
          <span class="muted">
            {incident.suspects_known === false
              ? 'Changes are not looked through yet.'
              : 'No change explains it.'}
          </span>
        )}
      </p>
    </>
  );
}

function More({ link }: { link: string | undefined }) {
  if (link === undefined) return null;
  return (
    <>
      {' '}
      <a href={link} rel="noopener noreferrer" target="_blank">
        More about it
      </a>
    </>
  );
}

function impactOf({ text, share, sessions, all_sessions }: NonNullable<Incident['impact']>) {
  if (text) return text;
  return `${percent(share)} of the requests fail, in ${count(sessions)} of ${count(all_sessions)} page loads`;
}
