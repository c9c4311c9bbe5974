import { Budgets } from '../../panels/budgets';
import { Impact } from '../../panels/impact';
import { useIncidents } from '../../panels/incidents';
import { Measures } from '../../panels/measures';
import { Missing } from '../../panels/quiet';
import { SaveReport } from '../../panels/report';
import { BlockTrend, PreflightTrend } from '../../panels/trend';
import { When } from '../../parts/ago';
import { duration } from '../../parts/format';
import { Go } from '../../parts/go';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { useView } from '../../view/view';

/** Users hit, budgets, risk: one printed page. */
export default function Executive() {
  return (
    <>
      <Period />
      <Impact />
      <div class="columns">
        <BlockTrend />
        <PreflightTrend />
      </div>
      <Measures />
      <Budgets />
      <Past />
    </>
  );
}

function Period() {
  const { filters } = useView();
  return (
    <p class="actions screen-only">
      {filters.window !== '7d' && (
        <Go to="executive" with={{ window: '7d', from: undefined, to: undefined }}>
          This week against last
        </Go>
      )}
      {filters.window !== '30d' && (
        <Go to="executive" with={{ window: '30d', from: undefined, to: undefined }}>
          These 30 days against those before
        </Go>
      )}
      <button type="button" onClick={() => print()}>
        Print
      </button>
      <SaveReport period="week" />
      <SaveReport period="month" />
    </p>
  );
}

function between(from: string, to: string | null | undefined): string {
  if (!to) return 'not yet';
  return duration(Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000)));
}

/** Incidents with the time it took to see and to mend them. */
function Past() {
  const answer = useIncidents();
  if (answer.missing) return <Missing title="Incidents" id="past" />;
  return (
    <Panel title="Incidents" id="past" of={answer}>
      <Table
        name="incidents"
        caption="Each with the time to detect and to fix, from the first failure"
        rows={answer.data?.incidents ?? []}
        keyOf={(row) => row.id}
        shown={6}
        empty="There was no incident."
        columns={[
          {
            title: 'What broke',
            value: (row) => row.title,
            cell: (row) => (
              <Go to="incidents" id={row.id}>
                {row.title}
              </Go>
            ),
          },
          {
            title: 'Opened',
            value: (row) => row.opened_at,
            cell: (row) => <When at={row.opened_at} />,
          },
          {
            title: 'To detect',
            number: true,
            value: (row) => (row.impact ? between(row.impact.since, row.opened_at) : null),
          },
          {
            title: 'To fix',
            number: true,
            value: (row) => between(row.impact?.since ?? row.opened_at, row.closed_at),
          },
          { title: 'Page loads hit', number: true, value: (row) => row.impact?.sessions ?? null },
          { title: 'Owner', value: (row) => row.owner },
        ]}
      />
    </Panel>
  );
}
