import { useState } from 'preact/hooks';
import { ApiError, send } from '../api/client';
import type { Incidents as Body, Incident } from '../api/contracts';
import { useOptional } from '../api/optional';
import { Ago, When } from '../parts/ago';
import { count, percent } from '../parts/format';
import { Go } from '../parts/go';
import { safeLink } from '../parts/link';
import { Panel } from '../parts/panel';
import { useRound } from '../view/clock';
import { useView } from '../view/view';

/** The incidents of the app that is shown. */
export function useIncidents(state?: 'open' | 'closed') {
  const { app } = useView();
  return useOptional<Body>('incidents', app === undefined ? undefined : { app, state });
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
            <SilenceButton incident={incident} />
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
            Suspected change: {suspect.kind.replaceAll('_', ' ')} <code>{suspect.id}</code>,{' '}
            <When at={suspect.at} />: {suspect.why}
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

function impactOf({ text, share, sessions, all_sessions }: NonNullable<Incident['impact']>) {
  if (text) return text;
  return `${percent(share)} of the requests fail, in ${count(sessions)} of ${count(all_sessions)} page loads`;
}

const SILENCE_MS = 3_600_000;

/** Silences what an incident is about for an hour, in the name of who asks. */
export function SilenceButton({ incident }: { incident: Incident }) {
  const { again } = useRound();
  const [open, setOpen] = useState(false);
  const [author, setAuthor] = useState('');
  const [reason, setReason] = useState('');
  const [said, say] = useState<string | undefined>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    const now = Date.now();
    const body = {
      match: matching(incident),
      starts_at: new Date(now).toISOString(),
      ends_at: new Date(now + SILENCE_MS).toISOString(),
      author,
      reason,
    };
    try {
      await send('POST', '/api/v1/silences', body, AbortSignal.timeout(20_000));
      say('Silenced for an hour.');
      setOpen(false);
      again();
    } catch (error) {
      say(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <div>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        Silence for an hour
      </button>
      {said && <span role="status"> {said}</span>}
      {open && (
        <form class="form" onSubmit={submit}>
          <label>
            Your name
            <input required value={author} onInput={(e) => setAuthor(e.currentTarget.value)} />
          </label>
          <label>
            Reason
            <input required value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
          </label>
          <p class="muted">Silences {describe(matching(incident))}.</p>
          <button type="submit" class="primary">
            Silence
          </button>
        </form>
      )}
    </div>
  );
}

/** The labels that tell the incident's messages from others. */
function matching(incident: Incident): Record<string, string> {
  return { incident: incident.id };
}

export function describe(match: Record<string, string>): string {
  return Object.entries(match)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
}
