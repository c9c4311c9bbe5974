import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { count, percent } from '../parts/format';
import { Go } from '../parts/go';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { nameless } from '../parts/words';
import { useSelection } from '../view/view';

type Row = Schemas['BreakdownBody']['rows'][number];
type Rate = Schemas['Rate'];

const MAX_ROWS = 50;

interface Props {
  title: string;
  id: string;
  by: 'service' | 'endpoint';
  noun: string;
  /** Which rate is shown, the highest first. */
  rate: (row: Row) => Rate;
  /** What failed, for the head of its column. */
  failed: string;
  empty: string;
  onlyFailing?: boolean;
}

/** A rate of every service or endpoint, the highest first. */
export function Ranked({ title, id, by, noun, rate, failed, empty, onlyFailing }: Props) {
  const selection = useSelection();
  const answer = useData('breakdown', selection && { ...selection, by, limit: MAX_ROWS });
  const seen = (answer.data?.rows ?? []).filter((row) => rate(row).total > 0);
  const rows = seen
    .filter((row) => !onlyFailing || rate(row).bad > 0)
    .sort((a, b) => rate(b).bad - rate(a).bad || (rate(b).ratio ?? 0) - (rate(a).ratio ?? 0));
  return (
    <Panel title={title} id={id} of={answer}>
      <Table
        name={id}
        caption={`${noun}s with most failures first`}
        rows={rows}
        keyOf={(row) => row.value}
        shown={8}
        empty={empty}
        columns={[
          {
            title: noun,
            value: (row) => row.value,
            cell: (row) => (
              <Go to="debug" with={{ [by]: row.value }}>
                {nameless(row.value)}
              </Go>
            ),
          },
          {
            title: failed,
            number: true,
            value: (row) => rate(row).bad,
            cell: (row) => count(rate(row).bad),
          },
          {
            title: 'Of',
            number: true,
            value: (row) => rate(row).total,
            cell: (row) => count(rate(row).total),
          },
          {
            title: 'Rate',
            number: true,
            value: (row) => rate(row).ratio ?? null,
            cell: (row) => percent(rate(row).ratio),
          },
        ]}
      />
    </Panel>
  );
}

export function PreflightFailures() {
  return (
    <Ranked
      title="Preflight failures by service"
      id="preflight-failures"
      by="service"
      noun="Service"
      failed="Failed"
      rate={(row) => row.preflight_failure_rate}
      empty="No request needed a preflight in this time range."
    />
  );
}

export function CredentialFailures() {
  return (
    <Ranked
      title="Endpoints by credential failures"
      id="credential-failures"
      by="endpoint"
      noun="Endpoint"
      failed="Failed"
      rate={(row) => row.credentialed_failure_rate}
      onlyFailing
      empty="No request with credentials failed in this time range."
    />
  );
}
