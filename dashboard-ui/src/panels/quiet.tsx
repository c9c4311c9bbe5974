import { useState } from 'preact/hooks';
import { ApiError, send } from '../api/client';
import type { Silence } from '../api/contracts';
import { useOptional } from '../api/optional';
import { When } from '../parts/ago';
import { Panel } from '../parts/panel';
import { type Column, Table } from '../parts/table';
import { useRound } from '../view/clock';
import { Ask, describe, type Kind } from './silence';

interface Props {
  kind: Kind;
  title: string;
  /** What the button says that asks for another one. */
  ask: string;
  empty: string;
}

/** What is silenced, by whom, why, until when. */
export function Quiet({ kind, title, ask, empty }: Props) {
  const answer = useOptional(kind, {});
  const { again } = useRound();
  const [said, say] = useState<string | undefined>(undefined);
  if (answer.missing) return <Missing title={title} id={kind} />;
  const takeBack = async ({ id }: Silence) => {
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
        <p class="fault" role="alert">
          {said}
        </p>
      )}
      <Table
        name={kind}
        caption={`${title}, with author and reason`}
        rows={answer.data ? rowsOf(answer.data) : []}
        keyOf={(one) => one.id}
        empty={empty}
        columns={columns(takeBack)}
      />
      <Ask kind={kind} what={ask} />
    </Panel>
  );
}

function rowsOf(body: { silences: Silence[] } | { maintenance: Silence[] }): Silence[] {
  return 'silences' in body ? body.silences : body.maintenance;
}

/** The window that is open or next; of what is over, the one that was asked for. */
const from = (one: Silence) => one.window_from ?? one.starts_at;
const until = (one: Silence) => one.window_to ?? one.ends_at;

function columns(takeBack: (one: Silence) => void): Column<Silence>[] {
  return [
    { title: 'Matches', value: describe },
    {
      title: 'State',
      value: (one) => one.state,
      cell: ({ state }) => <span class={`badge ${state}`}>{state}</span>,
    },
    { title: 'From', value: from, cell: (one) => <When at={from(one)} /> },
    { title: 'Until', value: until, cell: (one) => <When at={until(one)} /> },
    {
      title: 'Comes back',
      value: ({ rrule, time_zone }) => `${rrule} ${time_zone}`.trim() || null,
    },
    { title: 'Author', value: (one) => one.author },
    { title: 'Reason', value: (one) => one.reason },
    {
      title: 'Take back',
      value: takenBackBy,
      cell: (one) =>
        isOpen(one) && one.source === 'api' ? (
          <button
            type="button"
            aria-label={`Take back: ${describe(one)}, ${one.reason}`}
            onClick={() => takeBack(one)}
          >
            Take back
          </button>
        ) : (
          takenBackBy(one)
        ),
    },
  ];
}

const isOpen = ({ state }: Silence) => state === 'active' || state === 'pending';

function takenBackBy(one: Silence): string | null {
  if (one.deleted_by) return `by ${one.deleted_by}`;
  return one.source === 'config' ? 'in the configuration' : null;
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
