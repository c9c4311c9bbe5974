import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { percent, shortCount } from '../parts/format';
import { Panel } from '../parts/panel';
import { nameless } from '../parts/words';
import { NARROWING, type Narrowing } from '../view/filters';
import { useSelection, useView } from '../view/view';

/** What the page breaks the block rate down by: a table for each, a word of `by` in the API. */
export const BREAKDOWNS = [
  { by: 'browser', noun: 'Browser' },
  { by: 'release', noun: 'Release' },
] as const;

type By = Schemas['BreakdownBody']['by'];

/** Who is hit. */
export function Breakdowns({ of = BREAKDOWNS }: { of?: readonly { by: By; noun: string }[] }) {
  return (
    <div class="columns">
      {of.map(({ by, noun }) => (
        <Breakdown key={by} by={by} noun={noun} />
      ))}
    </div>
  );
}

export function Breakdown({ by, noun }: { by: By; noun: string }) {
  const selection = useSelection();
  const answer = useData('breakdown', selection && { ...selection, by, limit: 8 });
  const rows = answer.data?.rows ?? [];
  const worst = Math.max(...rows.map((row) => row.block_rate.ratio ?? 0), 0);
  return (
    <Panel title={`By ${noun.toLowerCase()}`} id={`by-${noun}`} of={answer}>
      {rows.length === 0 ? (
        <p class="muted">Nothing was seen in this window.</p>
      ) : (
        <table class="breakdown">
          <caption>{noun}s with most requests, and how many of these were blocked</caption>
          <thead>
            <tr>
              <th scope="col">{noun}</th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                Blocked
              </th>
              <th scope="col" class="number">
                Block rate
              </th>
              <td class="bar" />
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.value}>
                <th scope="row">
                  <Value by={by} value={row.value} />
                </th>
                <td class="number">{shortCount(row.block_rate.total)}</td>
                <td class="number">{shortCount(row.block_rate.bad)}</td>
                <td class="number">{percent(row.block_rate.ratio)}</td>
                <td class="bar">
                  <progress aria-hidden="true" max={worst || 1} value={row.block_rate.ratio ?? 0} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** A value that narrows everything down to it, where filters know its dimension. */
function Value({ by, value }: { by: By; value: string }) {
  const { page, href } = useView();
  const filter = NARROWING.find((name): name is Narrowing => name === by);
  if (filter === undefined) return nameless(value);
  return <a href={href(page ?? 'debug', { [filter]: value })}>{nameless(value)}</a>;
}
