import type { ApiError, Breakdown } from './api';
import { percent, shortCount } from './format';
import { Panel } from './panel';
import { nameless } from './words';

/** What the page breaks the block rate down by: a table for each, a word of `by` in the API. */
export const BREAKDOWNS = [
  { by: 'browser', noun: 'Browser' },
  { by: 'release', noun: 'Release' },
] as const;

/** Names the answer of a breakdown. */
export type BreakdownKey = `by_${string}`;

interface Props {
  answers: { [key: BreakdownKey]: Breakdown | undefined };
  errors: { [key: BreakdownKey]: ApiError | undefined };
}

/** Who is hit. */
export function Breakdowns({ answers, errors }: Props) {
  return (
    <div class="columns">
      {BREAKDOWNS.map(({ by, noun }) => (
        <Table key={by} noun={noun} of={answers[`by_${by}`]} error={errors[`by_${by}`]} />
      ))}
    </div>
  );
}

interface TableProps {
  noun: string;
  of: Breakdown | undefined;
  error: ApiError | undefined;
}

function Table({ noun, of, error }: TableProps) {
  const rows = of?.rows ?? [];
  const worst = Math.max(...rows.map((row) => row.block_rate.ratio ?? 0), 0);
  return (
    <Panel
      title={`By ${noun.toLowerCase()}`}
      id={`by-${noun}`}
      error={error}
      loaded={of !== undefined}
    >
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
                <th scope="row">{nameless(row.value)}</th>
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
