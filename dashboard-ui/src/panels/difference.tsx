import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { count, percent, times } from '../parts/format';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { nameless } from '../parts/words';
import { NARROWING, type Narrowing } from '../view/filters';
import { useSelection, useView } from '../view/view';

type Dimension = Schemas['DimensionDifference'];

/** Lift below this tells nothing. */
const TELLING_LIFT = 1.2;
const SHOWN = 4;

/** Failing against passing requests in every dimension. */
export function useDifference(limit = 12) {
  const selection = useSelection();
  return useData('difference', selection && { ...selection, limit });
}

/** What failing requests have in common that passing ones do not have. */
export function Difference() {
  const answer = useDifference();
  const body = answer.data;
  const rows = (body?.dimensions ?? [])
    .flatMap(telling)
    .sort((a, b) => (b.lift ?? 0) - (a.lift ?? 0));
  const note = body && `${count(body.failing)} blocked against ${count(body.passing)} that passed`;
  return (
    <Panel title="What failing requests have in common" note={note} id="difference" of={answer}>
      <Table
        name="difference"
        caption="Values by lift: how many times more often they fail than all requests together"
        rows={rows}
        keyOf={(row) => `${row.by} ${row.value}`}
        empty={
          body?.failing === 0
            ? 'Nothing was blocked in this time range.'
            : 'No dimension tells failing from passing requests: it fails everywhere alike.'
        }
        columns={[
          { title: 'Value', value: (row) => row.value, cell: (row) => <Value of={row} /> },
          { title: 'Dimension', value: (row) => row.by.replaceAll('_', ' ') },
          { title: 'Lift', number: true, value: (row) => row.lift ?? null, cell: lift },
          { title: 'Blocked', number: true, value: (row) => row.failing },
          { title: 'Passed', number: true, value: (row) => row.passing },
          {
            title: 'Of all blocked',
            number: true,
            value: (row) => row.share_of_failing ?? null,
            cell: (row) => percent(row.share_of_failing),
          },
        ]}
      />
    </Panel>
  );
}

type Row = Dimension['values'][number] & { by: string };

/** The telling values; a dimension with one value alone tells nothing apart. */
function telling({ by, values, healthy }: Dimension): Row[] {
  if (values.length + healthy.length < 2) return [];
  const told = values.filter((value) => (value.lift ?? 0) >= TELLING_LIFT);
  return told.slice(0, SHOWN).map((value) => ({ ...value, by }));
}

function lift(row: Row) {
  return row.lift == null ? '–' : `× ${times(row.lift)}`;
}

function Value({ of: { by, value } }: { of: { by: string; value: string } }) {
  const { page, href } = useView();
  const filter = NARROWING.find((name): name is Narrowing => name === by);
  if (filter === undefined) return <>{nameless(value)}</>;
  return <a href={href(page ?? 'debug', { [filter]: value })}>{nameless(value)}</a>;
}

/** What works: values of which nothing was blocked. */
export function Healthy() {
  const answer = useDifference();
  const rows = (answer.data?.dimensions ?? [])
    .filter(({ by }) => ['service', 'page_origin', 'endpoint', 'browser', 'release'].includes(by))
    .flatMap(({ by, healthy }) => healthy.slice(0, SHOWN).map((value) => ({ ...value, by })));
  return (
    <Panel title="Still healthy" note="of these, nothing was blocked" id="healthy" of={answer}>
      <Table
        name="healthy"
        caption="Values without a blocked request, and how many passed"
        rows={rows}
        keyOf={(row) => `${row.by} ${row.value}`}
        shown={8}
        empty={
          answer.data?.passing === 0
            ? 'Nothing was seen in this time range.'
            : 'Every service, origin, endpoint, browser and release has blocked requests.'
        }
        columns={[
          { title: 'Value', value: (row) => row.value, cell: (row) => <Value of={row} /> },
          { title: 'Dimension', value: (row) => row.by.replaceAll('_', ' ') },
          { title: 'Passed', number: true, value: (row) => row.passing },
        ]}
      />
    </Panel>
  );
}
