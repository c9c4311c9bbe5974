import { Fragment } from 'preact';
import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { Ago } from '../parts/ago';
import { count, percent } from '../parts/format';
import { Go } from '../parts/go';
import { Panel } from '../parts/panel';
import { cause, evidence, nameless, stage } from '../parts/words';
import { useSelection } from '../view/view';
import { Diagnosed } from './diagnosis';

type FailingEndpoint = Schemas['FailingEndpoint'];

const COLUMNS = 9;

export function Endpoints() {
  const selection = useSelection();
  const answer = useData('endpoints', selection && { ...selection, limit: 20 });
  const endpoints = answer.data;
  const rows = endpoints?.endpoints ?? [];
  const first = rows.find((row) => row.diagnosis?.result === 'reproduced');
  const note = endpoints && `${count(endpoints.total_failures)} failed requests in the window`;
  return (
    <Panel title="Failing endpoints" note={note} id="endpoints" of={answer}>
      {rows.length === 0 ? (
        <p class="calm">Nothing failed in this window.</p>
      ) : (
        <table class="cards">
          <caption>The endpoints that fail most, one row for each way of failing</caption>
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col">Page origin</th>
              <th scope="col">Stage</th>
              <th scope="col">Cause</th>
              <th scope="col" class="number">
                Count
              </th>
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col" class="number">
                Affected sessions
              </th>
              <th scope="col">Last seen</th>
              <th scope="col">Evidence</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Fragment key={signature(row)}>
                <Row row={row} />
                {row.diagnosis && endpoints && (
                  <tr class="diagnosed">
                    <td colSpan={COLUMNS} data-label="Diagnosis">
                      <Diagnosed
                        diagnosis={row.diagnosis}
                        app={endpoints.app}
                        first={row === first}
                      />
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function signature(row: FailingEndpoint): string {
  return JSON.stringify([
    row.kind,
    row.service,
    row.method,
    row.target_origin,
    row.endpoint,
    row.outcome,
    row.stage,
    row.cause,
    row.parameter,
  ]);
}

function Row({ row }: { row: FailingEndpoint }) {
  const [short, long] = evidence(row);
  const [page, ...pages] = row.page_origins;
  return (
    <tr>
      <th scope="row" data-label="Endpoint">
        <span class="method">{row.method}</span>{' '}
        <Go
          to="debug"
          class="path"
          with={{ endpoint: row.endpoint, target_origin: row.target_origin }}
        >
          {row.endpoint}
        </Go>
        <small>
          {row.target_origin}
          {row.service && ` · ${row.service}`}
        </small>
      </th>
      <td class="whole breakable" data-label="Page origin">
        {nameless(page ?? '')}
        {pages.length > 0 && <small title={pages.join(', ')}>and {pages.length} more</small>}
      </td>
      <td data-label="Stage">{stage(row)}</td>
      <td class="breakable" data-label="Cause">
        {cause(row)}
        {row.parameter && (
          <small>
            headers involved: <code>{row.parameter}</code>
          </small>
        )}
      </td>
      <td data-label="Count" class="number">
        {count(row.count)}
      </td>
      <td data-label="Share" class="number">
        {percent(row.share)}
      </td>
      <td data-label="Affected sessions" class="number">
        {row.affected_sessions == null ? '–' : count(row.affected_sessions)}
      </td>
      <td data-label="Last seen">
        <Ago at={row.last_seen} />
      </td>
      <td data-label="Evidence">
        <span class={`badge ${short}`} title={long}>
          {short}
        </span>
        <span class="visually-hidden">{long}</span>
      </td>
    </tr>
  );
}
