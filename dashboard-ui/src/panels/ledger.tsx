import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { ago, count } from '../parts/format';
import { Panel } from '../parts/panel';
import { useNow } from '../view/clock';

type Body = Schemas['LedgerBody'];

const VERDICTS: Record<Body['verdict'], [short: string, long: string]> = {
  balanced: ['balanced', 'Every beacon is accounted for.'],
  not_balanced: [
    'not balanced',
    'Some beacons are not accounted for: look at the logs of edge and loader.',
  ],
};

/** Where every beacon went. */
export function Ledger() {
  const answer = useData('ledger', {});
  return (
    <Panel title="Ledger" note="Where every beacon went" id="ledger" of={answer}>
      {answer.data && <Balance ledger={answer.data} />}
    </Panel>
  );
}

function Balance({ ledger }: { ledger: Body }) {
  const now = useNow();
  const [short, long] = VERDICTS[ledger.verdict];
  const reasons = Object.entries(ledger.refused_by_reason).sort(([, a], [, b]) => b - a);
  return (
    <>
      <p>
        <span class={`badge ${ledger.verdict}`}>{short}</span> {long}
      </p>
      <Equation
        sum={['received', ledger.received]}
        parts={[
          ['refused', ledger.refused],
          ['appended', ledger.appended],
          ['shed', ledger.shed],
        ]}
      />
      <Equation
        sum={['appended', ledger.appended]}
        parts={[
          ['stored', ledger.stored],
          ['duplicate', ledger.duplicate],
          ['dead-lettered', ledger.dead_lettered],
          ['in flight', ledger.in_flight],
          ...(ledger.spooled > 0 ? [['in spools', ledger.spooled] as Term] : []),
        ]}
      />
      {ledger.lost > 0 && (
        <p class="alarm">
          {count(ledger.lost)} were dropped by the log before they were read: its retention is too
          short, or the loader stood still for too long.
        </p>
      )}
      {ledger.missing > 0 && (
        <p class="alarm">
          {count(ledger.missing)} were acknowledged but are neither in the log nor in the spool of
          an edge that reports: look at the journal, and at the spools of edges that are gone.
        </p>
      )}
      {ledger.unreported > 0 && (
        <p class="muted">
          {count(ledger.unreported)} of the appended are in no edge's report yet, or an edge was
          killed before its report. They are counted.
        </p>
      )}
      {reasons.length > 0 && (
        <p class="muted">
          Refused:{' '}
          {reasons
            .map(([reason, number]) => `${reason.replaceAll('_', ' ')} ${count(number)}`)
            .join(', ')}
        </p>
      )}
      <p class="muted">
        {ledger.reported_at == null
          ? 'No edge has reported yet.'
          : `As ${count(ledger.edges)} edge ${ledger.edges === 1 ? 'process' : 'processes'} reported, last ${ago(ledger.reported_at, now)}.`}
      </p>
    </>
  );
}

type Term = [name: string, value: number];

function Equation({ sum, parts }: { sum: Term; parts: Term[] }) {
  const right = parts.reduce((total, [, value]) => total + value, 0);
  return (
    <p class={`equation ${sum[1] === right ? '' : 'off'}`}>
      <Item term={sum} />
      <span class="sign">{sum[1] === right ? '=' : '≠'}</span>
      {parts.map((term, at) => (
        <span key={term[0]} class="term">
          {at > 0 && <span class="sign">+</span>}
          <Item term={term} />
        </span>
      ))}
    </p>
  );
}

function Item({ term: [name, value] }: { term: Term }) {
  return (
    <span class="item">
      <b>{count(value)}</b> <small>{name}</small>
    </span>
  );
}
