import { useEffect, useState } from 'preact/hooks';
import { ApiError, openPartner, type Schemas } from '../../api/client';
import { When } from '../../parts/ago';
import { count, percent } from '../../parts/format';
import { Table } from '../../parts/table';

type Shown = Schemas['PartnerBody'];

/** What a partner sees who follows a link: one page origin, and nothing of the rest. */
export default function Partner() {
  const [shown, set] = useState<Shown | undefined>(undefined);
  const [over, end] = useState<string | undefined>(undefined);
  useEffect(() => {
    document.title = 'corswatch';
    const flight = new AbortController();
    openPartner(location.hash.slice(1), flight.signal).then(set, (error) => {
      if (!flight.signal.aborted) end(error instanceof ApiError ? error.message : String(error));
    });
    return () => flight.abort();
  }, []);
  return (
    <main id="content" class="partner">
      <h1>{shown ? shown.page_origin : 'corswatch'}</h1>
      {over && <p role="alert">{sentence(over)}</p>}
      {!over && !shown && <p class="loading">Loading…</p>}
      {shown && <Findings shown={shown} />}
    </main>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function Findings({ shown }: { shown: Shown }) {
  const { bad, total, ratio } = shown.sli.block_rate;
  return (
    <>
      <p>
        {total === 0
          ? 'No cross-origin request of these pages was counted in the last 7 days.'
          : `Browsers blocked ${count(bad)} of ${count(total)} cross-origin requests of these pages in the last 7 days (${percent(ratio)}).`}
      </p>
      <section class="panel" aria-labelledby="failing">
        <div class="heading">
          <h2 id="failing">What fails, and what to change</h2>
        </div>
        <Table
          name="failing"
          caption="Failing requests, most first"
          rows={shown.failing}
          keyOf={(one) => `${one.method} ${one.target_origin} ${one.endpoint} ${one.outcome}`}
          empty="Nothing fails."
          columns={[
            {
              title: 'Request',
              value: (one) => `${one.method} ${one.target_origin}${one.endpoint}`,
            },
            { title: 'Count', value: (one) => one.count },
            { title: 'Why', value: (one) => one.explanation ?? one.cause ?? one.outcome },
            {
              title: 'Change',
              value: (one) => one.fixes.map((fix) => fix.change).join('; ') || 'not replayed yet',
            },
            {
              title: 'Last seen',
              value: (one) => one.last_seen,
              cell: (one) => <When at={one.last_seen} />,
            },
          ]}
        />
      </section>
      <p class="muted">
        This link shows this origin alone, and ends <When at={shown.expires_at} />.
      </p>
    </>
  );
}
