import type { Schemas } from '../../api/client';
import { by, Deploys, useDeploys } from '../../panels/deploys';
import { type HeaderChange, useHeaderChanges } from '../../panels/markers';
import { BlockTrend } from '../../panels/trend';
import { When } from '../../parts/ago';
import { Go } from '../../parts/go';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { changed, nameless } from '../../parts/words';

/** Deploys and observed header changes beside the block rate. */
export default function Changes() {
  return (
    <>
      <BlockTrend />
      <AllDeploys />
      <HeaderChanges />
    </>
  );
}

/** A quarter of an hour before, half an hour after: what a change did. */
function around(at: string) {
  const instant = Date.parse(at);
  return {
    from: new Date(instant - 15 * 60_000).toISOString(),
    to: new Date(instant + 30 * 60_000).toISOString(),
  };
}

function AllDeploys() {
  const answer = useDeploys();
  const deploys = answer.data?.deploys.toReversed() ?? [];
  if (answer.data && deploys.length === 0) return <Deploys />;
  return (
    <Panel title="Deploys" id="deploys" of={answer}>
      <Table
        name="deploys"
        caption="The latest first; each leads to what failed around it"
        rows={deploys}
        keyOf={(deploy) => deploy.id}
        empty=""
        columns={[
          {
            title: 'When',
            value: (deploy) => deploy.at,
            cell: (deploy) => (
              <Go to="debug" with={around(deploy.at)}>
                <When at={deploy.at} />
              </Go>
            ),
          },
          { title: 'Service', value: (deploy) => nameless(deploy.service) },
          { title: 'Kind', value: (deploy) => deploy.kind, cell: (deploy) => <Kind of={deploy} /> },
          { title: 'What', value: (deploy) => deploy.note || deploy.id },
          { title: 'Undoes', value: (deploy) => deploy.reverts || null },
          { title: 'Who', value: by },
        ]}
      />
    </Panel>
  );
}

function Kind({ of: { kind, touches_cors } }: { of: Schemas['Deploy'] }) {
  return (
    <>
      <span class={`badge ${kind}`}>{kind}</span>{' '}
      {touches_cors && <span class="badge cors">CORS</span>}
    </>
  );
}

function HeaderChanges() {
  const { answer, changes } = useHeaderChanges();
  return (
    <Panel
      title="Observed header changes"
      note="what replays of failures saw change at targets"
      id="header-changes"
      of={answer}
    >
      <Table
        name="header-changes"
        caption="Between two replays, the latest first"
        rows={changes}
        keyOf={(change: HeaderChange) => `${change.target_origin} ${change.what} ${change.from}`}
        empty="No header of a target changed while its failures were replayed."
        columns={[
          {
            title: 'Seen',
            value: (change) => change.to,
            cell: (change) => (
              <Go to="debug" with={{ ...around(change.to), target_origin: change.target_origin }}>
                <When at={change.to} />
              </Go>
            ),
          },
          { title: 'Server', value: (change) => change.target_origin },
          { title: 'Answer to', value: (change) => change.stage },
          { title: 'Header', value: (change) => changed(change.header) },
          { title: 'What', value: (change) => change.what },
        ]}
      />
    </Panel>
  );
}
