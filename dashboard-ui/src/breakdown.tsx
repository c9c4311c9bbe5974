import type { ApiError, Breakdown } from './api';
import { percent, shortCount } from './format';
import { Panel } from './panel';
import { nameless } from './words';

interface Props {
  answers: { browsers?: Breakdown; releases?: Breakdown };
  errors: { browsers?: ApiError; releases?: ApiError };
}

/** Who is hit: by browser and by release. */
export function Breakdowns({ answers, errors }: Props) {
  return (
    <div class="columns">
      <Table title="By browser" noun="Browser" of={answers.browsers} error={errors.browsers} />
      <Table title="By release" noun="Release" of={answers.releases} error={errors.releases} />
    </div>
  );
}

interface TableProps {
  title: string;
  noun: string;
  of: Breakdown | undefined;
  error: ApiError | undefined;
}

function Table({ title, noun, of, error }: TableProps) {
  const rows = of?.rows ?? [];
  const worst = Math.max(...rows.map((row) => row.block_rate.ratio ?? 0), 0);
  return (
    <Panel title={title} id={`by-${noun}`} error={error} loaded={of !== undefined}>
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
