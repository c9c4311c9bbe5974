import { useData } from '../api/query';
import { count, percent } from '../parts/format';
import { Go } from '../parts/go';
import { safeLink } from '../parts/link';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { useView } from '../view/view';
import { budgetInWords, budgetLevel, type Slo } from './objective';

/** What is left of the budget of every objective. */
export function Budgets() {
  const { app } = useView();
  const answer = useData('slos', app === undefined ? undefined : { app });
  return (
    <Panel
      title="Error budgets"
      note={answer.data?.lagging ? 'frozen: the numbers lag' : ''}
      id="budgets"
      of={answer}
    >
      <Table
        name="budgets"
        caption="Every objective over its own window"
        rows={answer.data?.slos ?? []}
        keyOf={(slo) => slo.name}
        empty={
          <>
            No objective is configured. Presets are in the reference of the configuration, under{' '}
            <code>[[slos]]</code>.
          </>
        }
        columns={[
          { title: 'Objective', value: (slo) => slo.name, cell: (slo) => <Name slo={slo} /> },
          { title: 'Of', value: limits },
          { title: 'Measured', number: true, value: measured },
          { title: 'Target', number: true, value: (slo) => `at most ${percent(slo.target)}` },
          { title: 'Budget left', value: budgetInWords, cell: (slo) => <Left slo={slo} /> },
          { title: 'Owner', value: (slo) => slo.owner ?? null, cell: (slo) => <Owner slo={slo} /> },
        ]}
      />
    </Panel>
  );
}

function Name({ slo }: { slo: Slo }) {
  return (
    <Go to="slos" with={{ slo: slo.name }}>
      {slo.name}
    </Go>
  );
}

function limits(slo: Slo): string {
  const all = Object.entries(slo.limited_to).map(([name, value]) => `${name} ${value}`);
  return `${slo.app}${all.length > 0 ? `, ${all.join(', ')}` : ''}`;
}

function measured({ measured: { bad, total, ratio } }: Slo): string {
  return total === 0 ? 'no data' : `${percent(ratio)} (${count(bad)} of ${count(total)})`;
}

function Left({ slo }: { slo: Slo }) {
  return (
    <div class={`budget ${budgetLevel(slo)}`}>
      <meter
        min={0}
        max={1}
        value={Math.max(0, slo.budget_remaining ?? 0)}
        aria-label={`Error budget left of ${slo.name}`}
      />
      <span>{budgetInWords(slo)}</span>
      {slo.corrected && (
        <small title={slo.corrected.by.map((window) => window.reason ?? '').join('; ')}>
          {withoutMaintenance(slo.corrected)}
        </small>
      )}
    </div>
  );
}

/** How it stands without announced work, beside what was measured. */
function withoutMaintenance({ budget_remaining, excluded_minutes }: NonNullable<Slo['corrected']>) {
  const left = budget_remaining == null ? 'no data' : `${percent(budget_remaining)} left`;
  return `without ${excluded_minutes} min of maintenance: ${left}`;
}

function Owner({ slo }: { slo: Slo }) {
  const runbook = safeLink(slo.runbook_url);
  return (
    <>
      {slo.owner ?? '–'}
      {runbook && (
        <small>
          <a href={runbook} rel="noopener noreferrer" target="_blank">
            runbook
          </a>
        </small>
      )}
    </>
  );
}
