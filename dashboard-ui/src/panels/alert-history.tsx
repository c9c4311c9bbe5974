import { useData } from '../api/query';
import { When } from '../parts/ago';
import { duration } from '../parts/format';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { useNow } from '../view/clock';
import { useView } from '../view/view';

/** Every alert in its latest state, also those that are over. */
export function AlertHistory() {
  const { app } = useView();
  const now = useNow();
  const answer = useData('alerts', app === undefined ? undefined : { app });
  const lasted = (since: string, until: string | null | undefined) =>
    duration(
      Math.max(0, Math.round(((until ? Date.parse(until) : now) - Date.parse(since)) / 1000)),
    );
  return (
    <Panel title="Alerts so far" id="alert-history" of={answer}>
      <Table
        name="alerts"
        caption="Alerts that last first, then the latest"
        rows={answer.data?.alerts ?? []}
        keyOf={(alert) => alert.id}
        empty="No alert was ever pending or firing."
        columns={[
          { title: 'Objective', value: (alert) => alert.slo || alert.rule },
          { title: 'Rule', value: (alert) => alert.rule },
          { title: 'Severity', value: (alert) => alert.severity },
          { title: 'State', value: (alert) => alert.state },
          {
            title: 'Since',
            value: (alert) => alert.since,
            cell: (alert) => <When at={alert.since} />,
          },
          {
            title: 'Lasted',
            number: true,
            value: (alert) => lasted(alert.since, alert.resolved_at),
          },
          { title: 'What', value: (alert) => alert.summary ?? null },
        ]}
      />
    </Panel>
  );
}
