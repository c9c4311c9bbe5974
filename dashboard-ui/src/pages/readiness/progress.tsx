import type { Schemas } from '../../api/client';
import { useData } from '../../api/query';
import { count, percent } from '../../parts/format';
import { Go } from '../../parts/go';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { nameless } from '../../parts/words';
import { useRound } from '../../view/clock';
import { before } from '../../view/filters';
import { useSelection, useView } from '../../view/view';

const MAX_ROWS = 50;

type Row = Schemas['BreakdownBody']['rows'][number];

const total = (row: Row | undefined) => row?.block_rate.total ?? 0;

/** How traffic moves between page origins: a migration, seen from its requests. */
export function Cutover() {
  const { filters } = useView();
  const { to } = useRound();
  const selection = useSelection();
  const question = selection && { ...selection, by: 'page_origin' as const, limit: MAX_ROWS };
  const now = useData('breakdown', question);
  const earlier = useData(
    'breakdown',
    question && { ...question, window: undefined, ...before(filters, to) },
  );
  const rows = now.data?.rows ?? [];
  const past = earlier.data?.rows ?? [];
  const sums = [rows, past].map((all) => all.reduce((sum, row) => sum + total(row), 0));
  const share = (part: number, of: number | undefined) => (of ? part / of : null);
  const values = [...new Set([...rows, ...past].map((row) => row.value))];
  const moved = values.map((value) => {
    const current = rows.find((row) => row.value === value);
    return {
      value,
      requests: total(current),
      now: share(total(current), sums[0]),
      before: share(total(past.find((row) => row.value === value)), sums[1]),
      blocked: current?.block_rate.ratio ?? null,
    };
  });
  return (
    <Panel title="Cut-over by page origin" note="for a migration" id="cutover" of={[now, earlier]}>
      <Table
        name="cut-over"
        caption="Share of requests now and in the time before"
        rows={moved}
        keyOf={(row) => row.value}
        empty="Nothing was seen in this time range."
        columns={[
          {
            title: 'Page origin',
            value: (row) => row.value,
            cell: (row) => (
              <Go to="debug" with={{ page_origin: row.value }}>
                {nameless(row.value)}
              </Go>
            ),
          },
          {
            title: 'Requests',
            number: true,
            value: (row) => row.requests,
            cell: (row) => count(row.requests),
          },
          {
            title: 'Share now',
            number: true,
            value: (row) => row.now,
            cell: (row) => percent(row.now),
          },
          {
            title: 'Before',
            number: true,
            value: (row) => row.before,
            cell: (row) => percent(row.before),
          },
          {
            title: 'Blocked',
            number: true,
            value: (row) => row.blocked,
            cell: (row) => percent(row.blocked),
          },
        ]}
      />
    </Panel>
  );
}

/** How many requests pass in each environment. */
export function TestEnvironments() {
  const selection = useSelection();
  const answer = useData(
    'breakdown',
    selection && { ...selection, environment: undefined, by: 'environment', limit: MAX_ROWS },
  );
  const passed = (row: Row) => (row.block_rate.ratio == null ? null : 1 - row.block_rate.ratio);
  return (
    <Panel title="Pass rate by environment" note="tests included" id="environments" of={answer}>
      <Table
        name="environments"
        caption="Requests that no browser blocked"
        rows={answer.data?.rows ?? []}
        keyOf={(row) => row.value}
        empty="Nothing was seen in this time range."
        columns={[
          {
            title: 'Environment',
            value: (row) => row.value,
            cell: (row) => (
              <Go to="debug" with={{ environment: row.value }}>
                {nameless(row.value)}
              </Go>
            ),
          },
          { title: 'Requests', number: true, value: total, cell: (row) => count(total(row)) },
          { title: 'Passed', number: true, value: passed, cell: (row) => percent(passed(row)) },
        ]}
      />
    </Panel>
  );
}
