import { useOptional } from '../api/optional';
import { When } from '../parts/ago';
import { milliseconds } from '../parts/format';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { range, rangeInWords } from '../view/filters';
import { useView } from '../view/view';
import { Missing } from './quiet';

/** What receivers were told in the time range, and how they answered. */
export function Deliveries() {
  const { app, filters } = useView();
  const answer = useOptional(
    'deliveries',
    app === undefined ? undefined : { app, ...range(filters) },
  );
  if (answer.missing) return <Missing title="Deliveries" id="deliveries" />;
  return (
    <Panel title="Deliveries" note={rangeInWords(filters)} id="deliveries" of={answer}>
      <Table
        name="deliveries"
        caption="The latest messages to receivers"
        rows={answer.data?.deliveries ?? []}
        keyOf={(one) => `${one.alert} ${one.sequence} ${one.receiver} ${one.at}`}
        empty="Nothing was sent in this time."
        columns={[
          { title: 'What', value: (one) => one.summary },
          { title: 'Status', value: (one) => one.status },
          { title: 'When', value: (one) => one.at, cell: (one) => <When at={one.at} /> },
          { title: 'Receiver', value: (one) => one.receiver || 'held back from all' },
          { title: 'Outcome', value: (one) => one.outcome.replaceAll('_', ' ') },
          { title: 'Answer', value: (one) => one.answer },
          { title: 'Attempts', number: true, value: (one) => one.attempts },
          {
            title: 'Took',
            number: true,
            value: (one) => one.millis,
            cell: (one) => milliseconds(one.millis),
          },
          { title: 'Alert or incident', value: (one) => one.alert },
        ]}
      />
    </Panel>
  );
}
