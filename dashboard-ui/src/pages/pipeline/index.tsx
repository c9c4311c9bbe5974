import { useData } from '../../api/query';
import { Deliveries } from '../../panels/deliveries';
import { Ledger } from '../../panels/ledger';
import { Ago } from '../../parts/ago';
import { count } from '../../parts/format';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { useParts } from '../../shell/notices';
import { useView } from '../../view/view';

/** Where every beacon went, and how the parts are that carry them. */
export default function Pipeline() {
  return (
    <>
      <Ledger />
      <div class="columns">
        <Progress />
        <Parts />
      </div>
      <Refusals />
      <Deliveries />
    </>
  );
}

/** How far everything is counted, and what waits. */
function Progress() {
  const { app } = useView();
  const slos = useData('slos', app === undefined ? undefined : { app });
  const ledger = useData('ledger', {});
  const watermark = slos.data?.watermark;
  const body = ledger.data;
  return (
    <Panel title="Watermark, edges, spools" id="progress" of={[slos, ledger]}>
      <dl class="facts">
        <dt>Watermark</dt>
        <dd>
          {watermark ? (
            <>
              everything received up to <Ago at={watermark} /> is counted
            </>
          ) : (
            'none: a partition of the log has no progress yet'
          )}
        </dd>
        <dt>Objectives</dt>
        <dd>
          {slos.data?.lagging ? 'frozen, because the watermark is too old' : 'evaluated at it'}
        </dd>
        <dt>Edges</dt>
        <dd>
          {body?.edges === 1 ? '1 process reports' : `${count(body?.edges ?? 0)} processes report`}
        </dd>
        <dt>Waiting in the log</dt>
        <dd>{count(body?.in_flight ?? 0)} beacons</dd>
        <dt>Waiting in spools</dt>
        <dd>{count(body?.spooled ?? 0)} beacons</dd>
        <dt>Dead letters</dt>
        <dd>
          {count(body?.dead_lettered ?? 0)} beacons{' '}
          {body &&
            body.dead_lettered > 0 &&
            '(records that could not be read: see the loader’s log)'}
        </dd>
        <dt>Lost</dt>
        <dd>{count(body?.lost ?? 0)} beacons</dd>
      </dl>
    </Panel>
  );
}

const BADGES = { ready: 'balanced', degraded: 'likely', down: 'not_balanced' } as const;

function Parts() {
  const parts = useParts();
  return (
    <section class="panel" aria-labelledby="parts">
      <div class="heading">
        <h2 id="parts">
          Parts of the serving process <small>a process of one role knows its own alone</small>
        </h2>
      </div>
      <Table
        name="parts"
        caption="As they report themselves"
        rows={parts}
        keyOf={(part) => part.part}
        empty="The process says nothing of its parts."
        columns={[
          { title: 'Part', value: (part) => part.part },
          {
            title: 'Condition',
            value: (part) => part.condition,
            cell: (part) => <span class={`badge ${BADGES[part.condition]}`}>{part.condition}</span>,
          },
          { title: 'Detail', value: (part) => part.detail },
        ]}
      />
    </section>
  );
}

function Refusals() {
  const answer = useData('ledger', {});
  const rows = Object.entries(answer.data?.refused_by_reason ?? {})
    .map(([reason, number]) => ({ reason, number }))
    .sort((a, b) => b.number - a.number);
  return (
    <Panel title="Refused beacons" id="refused" of={answer}>
      <Table
        name="refused"
        caption="By reason, the most first"
        rows={rows}
        keyOf={(row) => row.reason}
        empty="No beacon was refused."
        columns={[
          { title: 'Reason', value: (row) => row.reason.replaceAll('_', ' ') },
          {
            title: 'Beacons',
            number: true,
            value: (row) => row.number,
            cell: (row) => count(row.number),
          },
        ]}
      />
    </Panel>
  );
}
