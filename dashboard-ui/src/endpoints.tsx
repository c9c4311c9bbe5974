import { Fragment } from 'preact';
import type { ApiError, Endpoints as Body, FailingEndpoint } from './api';
import { Diagnosed } from './diagnosis';
import { ago, count, percent, time } from './format';
import { Panel } from './panel';
import { cause, evidence, nameless, stage } from './words';

const COLUMNS = 9;

interface Props {
  endpoints: Body | undefined;
  error: ApiError | undefined;
  now: number;
}

export function Endpoints({ endpoints, error, now }: Props) {
  const rows = endpoints?.endpoints ?? [];
  const first = rows.find((row) => row.diagnosis?.result === 'reproduced');
  const note = endpoints && `${count(endpoints.total_failures)} failed requests in the window`;
  return (
    <Panel
      title="Failing endpoints"
      {...(note !== undefined && { note })}
      id="endpoints"
      error={error}
      loaded={endpoints !== undefined}
    >
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
                <Row row={row} now={now} />
                {row.diagnosis && endpoints && (
                  <tr class="diagnosed">
                    <td colSpan={COLUMNS} data-label="Diagnosis">
                      <Diagnosed
                        diagnosis={row.diagnosis}
                        app={endpoints.app}
                        now={now}
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

function Row({ row, now }: { row: FailingEndpoint; now: number }) {
  const [short, long] = evidence(row);
  const [page, ...pages] = row.page_origins;
  return (
    <tr>
      <th scope="row" data-label="Endpoint">
        <span class="method">{row.method}</span> <span class="path">{row.endpoint}</span>
        <small>
          {row.target_origin}
          {row.service && ` · ${row.service}`}
        </small>
      </th>
      <td data-label="Page origin">
        {nameless(page ?? '')}
        {pages.length > 0 && <small title={pages.join(', ')}>and {pages.length} more</small>}
      </td>
      <td data-label="Stage">{stage(row)}</td>
      <td data-label="Cause">
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
        {row.affected_sessions === null ? '–' : count(row.affected_sessions)}
      </td>
      <td data-label="Last seen">
        <time datetime={row.last_seen} title={time(row.last_seen, now)}>
          {ago(row.last_seen, now)}
        </time>
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
