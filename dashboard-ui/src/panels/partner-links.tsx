import { useState } from 'preact/hooks';
import { ApiError, type Schemas, send } from '../api/client';
import { useData } from '../api/query';
import { When } from '../parts/ago';
import { Copy } from '../parts/copy';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { useMe } from '../shell/who';
import { useRound } from '../view/clock';

type Link = Schemas['PartnerLinkView'];
type Made = Schemas['PartnerLinkMade'];

const URL = '/api/v1/partner-links';
const CHANGE_TIMEOUT_MS = 20_000;

/** Links that show one page origin to a partner; an admin makes and revokes them. */
export function PartnerLinks({ app }: { app: string | undefined }) {
  const me = useMe();
  if (me?.role !== 'admin') return null;
  return <Links app={app} />;
}

function Links({ app }: { app: string | undefined }) {
  const answer = useData('partner-links', {});
  const { again } = useRound();
  const [failure, fail] = useState<string | undefined>(undefined);
  const revoke = async ({ id }: Link) => {
    try {
      const url = `${URL}/${encodeURIComponent(id)}`;
      await send('DELETE', url, undefined, AbortSignal.timeout(CHANGE_TIMEOUT_MS));
      fail(undefined);
      again();
    } catch (error) {
      fail(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <Panel title="Links for partners" id="partner-links" of={answer}>
      {failure && (
        <p class="fault" role="alert">
          {failure}
        </p>
      )}
      <Table
        name="partner-links"
        caption="Links that show one page origin each"
        rows={answer.data?.partner_links ?? []}
        keyOf={(one) => one.id}
        empty="No link was made. One shows a partner what fails on their pages and how to mend it, and nothing else."
        columns={[
          { title: 'Page origin', value: (one) => one.page_origin },
          { title: 'App', value: (one) => one.app },
          {
            title: 'State',
            value: (one) => one.state,
            cell: ({ state }) => <span class={`badge ${state}`}>{state}</span>,
          },
          {
            title: 'Ends',
            value: (one) => one.expires_at,
            cell: (one) => <When at={one.expires_at} />,
          },
          { title: 'Made by', value: (one) => one.created_by },
          { title: 'Note', value: (one) => one.note },
          {
            title: 'Revoke',
            value: (one) => (one.revoked_by ? `by ${one.revoked_by}` : null),
            cell: (one) =>
              one.state === 'active' ? (
                <button
                  type="button"
                  aria-label={`Revoke the link for ${one.page_origin}`}
                  onClick={() => revoke(one)}
                >
                  Revoke
                </button>
              ) : (
                one.revoked_by && `by ${one.revoked_by}`
              ),
          },
        ]}
      />
      <Make app={app} />
    </Panel>
  );
}

/** A form for another one. What opens it is shown once. */
function Make({ app }: { app: string | undefined }) {
  const { again } = useRound();
  const [origin, setOrigin] = useState('');
  const [lasts, setLasts] = useState('7d');
  const [note, setNote] = useState('');
  const [made, set] = useState<string | undefined>(undefined);
  const [failure, fail] = useState<string | undefined>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const report = { app, page_origin: origin.trim(), lasts: lasts.trim(), note };
      const signal = AbortSignal.timeout(CHANGE_TIMEOUT_MS);
      const link = await send<Made>('POST', URL, report, signal);
      set(link && `${location.origin}${link.path}`);
      fail(undefined);
      again();
    } catch (error) {
      fail(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <form class="form" onSubmit={submit}>
      <label>
        Page origin
        <input
          required
          placeholder="https://partner.example"
          value={origin}
          onInput={(event) => setOrigin(event.currentTarget.value)}
        />
      </label>
      <label>
        Lasts
        <input required value={lasts} onInput={(event) => setLasts(event.currentTarget.value)} />
      </label>
      <label>
        Note
        <input value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <button type="submit" class="primary">
        Make a link
      </button>
      {failure && (
        <p class="fault" role="alert">
          {failure}
        </p>
      )}
      {made && (
        <p role="status">
          Shown once: <code>{made}</code> <Copy what="Link" text={made} />
        </p>
      )}
    </form>
  );
}
