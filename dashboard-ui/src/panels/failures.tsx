import type { Schemas } from '../api/client';
import { address } from '../api/client';
import { useAnswer, useData } from '../api/query';
import { Ago, When } from '../parts/ago';
import { Copy } from '../parts/copy';
import { Go } from '../parts/go';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { evidenceWords, nameless, outcome, standing } from '../parts/words';
import { useSelection, useView } from '../view/view';
import { Diagnosed } from './diagnosis';

type Single = Schemas['Single'];

/** Single failures, the latest first. */
export function Failures() {
  const { href } = useView();
  const selection = useSelection();
  const answer = useData('failures', selection && { ...selection, limit: 100 });
  const link = (row: Single) => href('debug', { failure: row.id });
  return (
    <Panel title="Single failures" note="as browsers reported them" id="failures" of={answer}>
      <Table
        name="failures"
        caption="The latest failures of this selection"
        rows={answer.data?.failures ?? []}
        keyOf={(row) => row.id}
        shown={15}
        empty="No single failure is kept for this selection: nothing failed, or it is older than raw observations are kept."
        columns={[
          {
            title: 'When',
            value: (row) => row.at,
            cell: (row) => (
              <a href={link(row)}>
                <When at={row.at} />
              </a>
            ),
          },
          {
            title: 'Request',
            value: (row) => `${row.method} ${row.target_origin}${row.endpoint}`,
          },
          { title: 'From', value: (row) => nameless(row.page_origin) },
          { title: 'Outcome', value: (row) => outcome(row.outcome) },
          { title: 'Cause', value: (row) => row.cause ?? null },
          { title: 'Evidence', value: (row) => row.confidence ?? 'none' },
          { title: 'Browser', value: (row) => row.browser },
          { title: 'Release', value: (row) => nameless(row.release) },
        ]}
      />
    </Panel>
  );
}

/** One failure: what the page did, what the browser had to check, what the server answered. */
export function OneFailure({ id }: { id: string }) {
  const { app } = useView();
  const url = app === undefined ? undefined : address('failures/{id}', { app }, { id });
  const answer = useAnswer<Schemas['FailureBody']>(url);
  const body = answer.data;
  return (
    <Panel title="One failure" id="failure" of={answer} class="policies">
      {body && <Story body={body} app={app ?? ''} />}
      <p class="actions">
        <Go to="debug">Back to all failures</Go>
        <Copy what="link" text={() => location.href} />
      </p>
    </Panel>
  );
}

function Story({
  body: { failure, diagnosis, replayed },
  app,
}: {
  body: Schemas['FailureBody'];
  app: string;
}) {
  return (
    <>
      <dl class="facts">
        <dt>The page</dt>
        <dd>
          <code>{nameless(failure.page_origin)}</code>, release {nameless(failure.release)},{' '}
          {failure.browser}, in a {failure.context}
        </dd>
        <dt>Asked for</dt>
        <dd>
          <span class="method">{failure.method}</span>{' '}
          <code>
            {failure.target_origin}
            {failure.endpoint}
          </code>
          {failure.credentialed ? ', with credentials' : ', without credentials'}
        </dd>
        <dt>The browser had to check</dt>
        <dd>{checks(failure)}</dd>
        <dt>It ended</dt>
        <dd>
          {outcome(failure.outcome)}
          {failure.stage && `, at the ${failure.stage}`}
          {failure.status != null && `, status ${failure.status}`} · <When at={failure.at} /> (
          <Ago at={failure.at} />)
        </dd>
        <dt>Evidence</dt>
        <dd>
          {failure.confidence ?? 'none'}
          {failure.evidence && (
            <>
              : {evidenceWords(failure.evidence)} (<code>{failure.evidence}</code>)
            </>
          )}
          {failure.standing !== 'undisputed' && ` · ${standing(failure.standing)}`}
        </dd>
      </dl>
      {diagnosis ? (
        <Diagnosed diagnosis={diagnosis} app={app} first />
      ) : (
        <p class="muted">
          It was not replayed: the prober replays each new way of failing once, where the target may
          be asked.
        </p>
      )}
      {replayed.map((answer) => (
        <Answered key={answer.stage + answer.first_at} answer={answer} diagnosis={diagnosis} />
      ))}
    </>
  );
}

function checks(failure: Single): string {
  const headers = failure.parameter ? ` and the headers ${failure.parameter}` : '';
  const first = failure.preflighted
    ? `a preflight that allows ${failure.method}${headers}; then `
    : 'no preflight; ';
  const credentials = failure.credentialed ? ', and Access-Control-Allow-Credentials: true' : '';
  return `${first}Access-Control-Allow-Origin for ${nameless(failure.page_origin)} on the response${credentials}`;
}

function Answered({
  answer,
  diagnosis,
}: {
  answer: Schemas['Replayed'];
  diagnosis: Schemas['Diagnosis'] | null | undefined;
}) {
  const named = diagnosis?.fixes.map((fix) => fix.header) ?? [];
  return (
    <section class="finding">
      <h3>
        {answer.stage} as replayed{' '}
        <span class="muted">
          <When at={answer.first_at} /> to <When at={answer.last_at} />
        </span>
      </h3>
      <pre class="code">
        {`${answer.asked}\n→ ${answer.status}\n`}
        {answer.headers.map(({ name, value }) => {
          const line = `${name}: ${value}\n`;
          return named.includes(name) ? <mark key={line}>{line}</mark> : line;
        })}
      </pre>
    </section>
  );
}
