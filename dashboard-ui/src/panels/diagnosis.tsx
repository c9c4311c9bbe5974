import { useEffect, useState } from 'preact/hooks';
import { get, type Schemas } from '../api/client';
import { Ago } from '../parts/ago';
import { Copy } from '../parts/copy';
import { contract, preflight } from '../parts/snippets';
import { platforms, result } from '../parts/words';

type Diagnosis = Schemas['Diagnosis'];

interface Props {
  diagnosis: Diagnosis;
  app: string;
  /** The first one is shown at once. */
  first: boolean;
}

/** What replaying a failure showed: rule, what was required and got, fix, what changed. */
export function Diagnosed({ diagnosis, app, first }: Props) {
  const [open, setOpen] = useState(first);
  const found = result(diagnosis);
  return (
    <details
      class={`diagnosis ${diagnosis.result}`}
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span class="badge">{found}</span> {diagnosis.cause && <strong>{diagnosis.cause}</strong>}
        {diagnosis.parameter && (
          <>
            {' '}
            <code>{diagnosis.parameter}</code>
          </>
        )}{' '}
        <span class="muted">
          {diagnosis.result === 'refused' ? 'decided' : 'replayed from here'}{' '}
          <Ago at={diagnosis.at} />
        </span>
      </summary>
      {diagnosis.explanation && <p>{diagnosis.explanation}</p>}
      <p class="muted">{diagnosis.detail}</p>
      {diagnosis.changes.map((change) => (
        <p key={change.stage + change.header} class="changed">
          Changed between {clock(change.from)} and {clock(change.to)}: {change.what}
        </p>
      ))}
      <dl>
        <dt>Asked</dt>
        <dd>
          <code>
            {diagnosis.method} {diagnosis.url}
          </code>{' '}
          from <code>{diagnosis.page_origin}</code>
          {diagnosis.credentialed && ', with credentials'}
          {diagnosis.remote && `, answered by ${diagnosis.remote}`}
        </dd>
        {diagnosis.status != null && (
          <>
            <dt>Got</dt>
            <dd>
              <Got diagnosis={diagnosis} />
            </dd>
          </>
        )}
        {diagnosis.fixes.length > 0 && (
          <>
            <dt>Fix</dt>
            <dd>
              <Fixes diagnosis={diagnosis} />
            </dd>
          </>
        )}
      </dl>
      {diagnosis.url !== '' && (
        <p class="actions">
          <Copy what="as curl" text={preflight(diagnosis)} />
          <Copy what="as contract" text={contract(diagnosis)} />
        </p>
      )}
      {open && diagnosis.result === 'reproduced' && <Snippet id={diagnosis.id} app={app} />}
    </details>
  );
}

function Got({ diagnosis }: { diagnosis: Diagnosis }) {
  const stage = diagnosis.stage === 'preflight' ? 'OPTIONS' : diagnosis.method;
  const named = diagnosis.fixes.map((fix) => fix.header);
  return (
    <pre>
      {`${stage} → ${diagnosis.status}\n`}
      {diagnosis.offending.map(({ name, value }) => {
        const line = `${name}: ${value}`;
        return named.includes(name) ? <mark key={line}>{`${line}\n`}</mark> : `${line}\n`;
      })}
      {diagnosis.offending.length === 0 && '(no header that has a say in CORS)'}
    </pre>
  );
}

function Fixes({ diagnosis }: { diagnosis: Diagnosis }) {
  return (
    <ul>
      {diagnosis.fixes.map((fix) => (
        <li key={fix.change}>
          {fix.header && (
            <code>
              {fix.header}: {fix.value}
            </code>
          )}{' '}
          {fix.change}
        </li>
      ))}
    </ul>
  );
}

/** The least permissive configuration that lets the request pass, for the place of choice. */
function Snippet({ id, app }: { id: string; app: string }) {
  const [platform, choose] = useState<(typeof platforms)[number]>(platforms[0]);
  const [text, set] = useState<string | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    get('diagnoses', { app, id, platform }, ended.signal)
      .then(({ diagnoses }) => set(diagnoses[0]?.snippet ?? null))
      .catch(() => set(null));
    return () => ended.abort();
  }, [id, app, platform]);
  return (
    <div class="snippet">
      <label>
        Configuration for{' '}
        <select
          value={platform}
          onChange={(event) => choose(platforms[event.currentTarget.selectedIndex] ?? platforms[0])}
        >
          {platforms.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {text !== null && (
        <>
          <pre>{text}</pre>
          <Copy what="fix" text={text} />
        </>
      )}
    </div>
  );
}

const seconds = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** Two looks may lie seconds apart. */
function clock(at: string): string {
  return seconds.format(Date.parse(at));
}
