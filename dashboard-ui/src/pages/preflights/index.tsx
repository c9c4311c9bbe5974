import type { Schemas } from '../../api/client';
import { useData } from '../../api/query';
import { PreflightFailures } from '../../panels/by-service';
import { count, duration, milliseconds, percent } from '../../parts/format';
import { Go } from '../../parts/go';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { nameless } from '../../parts/words';
import { useSelection } from '../../view/view';

type Body = Schemas['PreflightsBody'];
type Reason = Schemas['PreflightReason'];

const SHAPES = 200;

/** What preflights cost, why they are needed, and what would save them. */
export default function Preflights() {
  const selection = useSelection();
  const answer = useData('preflights', selection && { ...selection, limit: SHAPES });
  return (
    <>
      <Panel title="What preflights cost" id="cost" of={answer}>
        {answer.data && <Cost of={answer.data} />}
      </Panel>
      <Panel title="Why they are needed" id="reasons" of={answer}>
        {answer.data && <Reasons of={answer.data} />}
      </Panel>
      <Panel title="By endpoint" id="shapes" of={answer}>
        {answer.data && <Shapes of={answer.data} />}
      </Panel>
      <PreflightFailures />
    </>
  );
}

function waiting(ms: number | null | undefined): string {
  if (ms == null) return 'not measured';
  return ms < 60_000 ? milliseconds(ms) : duration(Math.round(ms / 1000));
}

function Cost({ of }: { of: Body }) {
  const { needing_preflight: needing, options } = of;
  return (
    <>
      <ul class="figures">
        <li>
          <b>{percent(needing.ratio)}</b>
          <span>of requests need a preflight</span>
          <small>
            {count(needing.bad)} of {count(needing.total)}, as browsers report
          </small>
        </li>
        <li>
          <b>{options.total > 0 ? percent(options.ratio) : '–'}</b>
          <span>of what servers answer is OPTIONS</span>
          <small>
            {options.total > 0
              ? `${count(options.bad)} of ${count(options.total)}, by access logs`
              : 'unknown: no access logs are read'}
          </small>
        </li>
        <li>
          <b>{of.saved_by_max_age == null ? '–' : count(of.saved_by_max_age)}</b>
          <span>preflights saved by a long max-age, at most</span>
          <small>{waiting(of.saved_by_max_age_ms)} of waiting</small>
        </li>
        <li>
          <b>{count(needing.bad)}</b>
          <span>preflights saved by simple requests, at most</span>
          <small>{waiting(of.saved_by_simple_shape_ms)} of waiting</small>
        </li>
      </ul>
      <p class="muted key-note">
        Browsers keep the answer to a preflight by URL and for at most 2 hours (Chromium) or 24
        hours (Firefox), so paths with identities save less. A long max-age hides a change of the
        policy for as long. The duration of a preflight shows only where servers send
        Timing-Allow-Origin.
      </p>
    </>
  );
}

function inWords({ kind, name }: Reason): string {
  switch (kind) {
    case 'method':
      return `the method ${name}`;
    case 'header':
      return `the header ${name}`;
    case 'content_type':
      return 'a content type such as JSON';
    default:
      return 'an upload listener, a streamed body, or headers that are not known';
  }
}

function advice({ kind }: Reason): string {
  switch (kind) {
    case 'method':
      return 'Keep it and send Access-Control-Max-Age; or take POST where the API permits it.';
    case 'header':
      return 'Drop it, or move what it says into the query or the body.';
    case 'content_type':
      return 'Send text/plain where the server reads JSON from it; guard against CSRF.';
    default:
      return 'Leave out the listener or the stream.';
  }
}

function Reasons({ of }: { of: Body }) {
  return (
    <Table
      name="preflight-reasons"
      caption="Parts of requests that are not safelisted; a request may have several"
      rows={of.reasons}
      keyOf={(row) => `${row.kind} ${row.name}`}
      empty="No request needed a preflight in this time range."
      columns={[
        { title: 'Because of', value: inWords },
        {
          title: 'Requests',
          number: true,
          value: (row) => row.requests,
          cell: (row) => count(row.requests),
        },
        {
          title: 'For it alone',
          number: true,
          value: (row) => row.only_reason,
          cell: (row) => count(row.only_reason),
        },
        { title: 'What would save them', value: advice },
      ]}
    />
  );
}

function Shapes({ of }: { of: Body }) {
  return (
    <Table
      name="preflights"
      caption="Endpoints by requests that need a preflight"
      rows={of.shapes}
      keyOf={(row) =>
        JSON.stringify([row.service, row.target_origin, row.endpoint, row.method, row.reasons])
      }
      empty="No request needed a preflight in this time range."
      columns={[
        {
          title: 'Endpoint',
          value: (row) => `${row.method} ${row.target_origin}${row.endpoint}`,
          cell: (row) => (
            <>
              <span class="method">{row.method}</span>{' '}
              <Go
                to="debug"
                class="path"
                with={{ endpoint: row.endpoint, target_origin: row.target_origin }}
              >
                {row.endpoint}
              </Go>
              <small>
                {row.target_origin} · {nameless(row.service)}
              </small>
            </>
          ),
        },
        { title: 'Because of', value: (row) => row.reasons.map(inWords).join('; ') },
        {
          title: 'Requests',
          number: true,
          value: (row) => row.requests,
          cell: (row) => count(row.requests),
        },
        {
          title: 'Preflight, median',
          number: true,
          value: (row) => row.preflight_ms ?? null,
          cell: (row) => (row.measured > 0 ? milliseconds(row.preflight_ms) : 'not measured'),
        },
        {
          title: 'Max-age',
          number: true,
          value: (row) => row.max_age ?? null,
          cell: (row) => (row.max_age == null ? 'not known' : duration(row.max_age)),
        },
        {
          title: 'Saved by max-age',
          number: true,
          value: (row) => row.saved_by_max_age ?? null,
          cell: (row) => (row.saved_by_max_age == null ? '–' : count(row.saved_by_max_age)),
        },
      ]}
    />
  );
}
