import { useState } from 'preact/hooks';
import { ApiError, send } from '../api/client';
import type { Delivery, Silence } from '../api/contracts';
import { useOptional } from '../api/optional';
import { When } from '../parts/ago';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { useRound } from '../view/clock';
import { describe } from './incidents';

interface Props {
  kind: 'silences' | 'maintenance';
  title: string;
  empty: string;
}

/** What is silenced, by whom, why, until when. */
export function Quiet({ kind, title, empty }: Props) {
  const answer = useOptional<Record<string, Silence[]>>(kind, {});
  const { again } = useRound();
  const [said, say] = useState<string | undefined>(undefined);
  if (answer.missing) return <Missing title={title} id={kind} />;
  const end = async ({ id }: Silence) => {
    try {
      const url = `/api/v1/${kind}/${encodeURIComponent(id)}`;
      await send('DELETE', url, undefined, AbortSignal.timeout(20_000));
      say(undefined);
      again();
    } catch (error) {
      say(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <Panel title={title} id={kind} of={answer}>
      {said && (
        <p class="fault" role="status">
          {said}
        </p>
      )}
      <Table
        name={kind}
        caption={`${title}, with author and reason`}
        rows={answer.data?.[kind] ?? []}
        keyOf={(one) => one.id}
        empty={empty}
        columns={[
          { title: 'Matches', value: (one) => describe(one.match) },
          {
            title: 'From',
            value: (one) => one.starts_at,
            cell: (one) => <When at={one.starts_at} />,
          },
          { title: 'Until', value: (one) => one.ends_at, cell: (one) => <When at={one.ends_at} /> },
          { title: 'Author', value: (one) => one.author },
          { title: 'Reason', value: (one) => one.reason },
          {
            title: 'End',
            value: () => null,
            cell: (one) => (
              <button
                type="button"
                aria-label={`End: ${describe(one.match)}, ${one.reason}`}
                onClick={() => end(one)}
              >
                End now
              </button>
            ),
          },
        ]}
      />
    </Panel>
  );
}

/** What receivers were told, and how they answered. */
export function Deliveries() {
  const answer = useOptional<{ deliveries: Delivery[] }>('deliveries', {});
  if (answer.missing) return <Missing title="Deliveries" id="deliveries" />;
  return (
    <Panel title="Deliveries" note="what receivers were told" id="deliveries" of={answer}>
      <Table
        name="deliveries"
        caption="The latest messages to receivers"
        rows={answer.data?.deliveries ?? []}
        keyOf={(one) => `${one.at} ${one.receiver} ${one.incident ?? ''}`}
        empty="Nothing was sent yet."
        columns={[
          { title: 'When', value: (one) => one.at, cell: (one) => <When at={one.at} /> },
          { title: 'Receiver', value: (one) => one.receiver },
          { title: 'Outcome', value: (one) => one.outcome ?? one.state ?? null },
          { title: 'Status', number: true, value: (one) => one.status ?? null },
          { title: 'Incident', value: (one) => one.incident ?? null },
          { title: 'Detail', value: (one) => one.detail ?? null },
        ]}
      />
    </Panel>
  );
}

/** A server that is older than these pages. */
export function Missing({ title, id }: { title: string; id: string }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <div class="heading">
        <h2 id={id}>{title}</h2>
      </div>
      <p class="calm">This server does not have them: it answers 404.</p>
    </section>
  );
}
