import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { count, percent, shortCount } from '../parts/format';
import { Go } from '../parts/go';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { nameless } from '../parts/words';
import { useSelection } from '../view/view';

type Shape = Schemas['Shape'];

interface Cell {
  requests: number;
  blocked: number;
}

const MAX_ORIGINS = 30;
const MAX_SERVICES = 12;

function useShapes() {
  return useData('shapes', useSelection());
}

/** Requests and blocks of every page origin to every service. */
function cells(shapes: readonly Shape[]): Map<string, Map<string, Cell>> {
  const found = new Map<string, Map<string, Cell>>();
  for (const shape of shapes) {
    const row = found.get(shape.page_origin) ?? new Map<string, Cell>();
    found.set(shape.page_origin, row);
    const cell = row.get(shape.service) ?? { requests: 0, blocked: 0 };
    row.set(shape.service, cell);
    cell.requests += shape.count;
    cell.blocked += shape.outcomes.blocked ?? 0;
  }
  return found;
}

const requests = (row: Map<string, Cell>) =>
  [...row.values()].reduce((sum, cell) => sum + cell.requests, 0);

/** Who calls whom: page origins by services. */
export function Matrix() {
  const answer = useShapes();
  const found = cells(answer.data?.shapes ?? []);
  const origins = [...found].sort(([, a], [, b]) => requests(b) - requests(a));
  const services = [...new Set(origins.flatMap(([, row]) => [...row.keys()]))];
  const shown = services.slice(0, MAX_SERVICES);
  const left = origins.length - MAX_ORIGINS;
  return (
    <Panel
      title="Who calls whom"
      note={answer.data?.complete === false ? 'the shapes with most requests' : ''}
      id="matrix"
      of={answer}
    >
      {origins.length === 0 ? (
        <p class="calm">Nothing was seen in this time range.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <section class="sideways" tabIndex={0} aria-label="Page origins by services">
          <table class="matrix">
            <caption>
              Requests from each page origin to each service, and how many were blocked
            </caption>
            <thead>
              <tr>
                <th scope="col">Page origin</th>
                {shown.map((service) => (
                  <th key={service} scope="col" class="number">
                    {nameless(service)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {origins.slice(0, MAX_ORIGINS).map(([origin, row]) => (
                <tr key={origin}>
                  <th scope="row">
                    <Go to="inventory" with={{ page_origin: origin }}>
                      {nameless(origin)}
                    </Go>
                  </th>
                  {shown.map((service) => (
                    <MatrixCell
                      key={service}
                      origin={origin}
                      service={service}
                      cell={row.get(service)}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {left > 0 && <p class="muted">{count(left)} more page origins with fewer requests.</p>}
    </Panel>
  );
}

function MatrixCell({
  origin,
  service,
  cell,
}: {
  origin: string;
  service: string;
  cell: Cell | undefined;
}) {
  if (cell === undefined) return <td class="number muted">–</td>;
  return (
    <td class={`number ${cell.blocked > 0 ? 'hit' : 'fine'}`}>
      <Go to="debug" with={{ page_origin: origin, service }}>
        {shortCount(cell.requests)}
      </Go>
      {cell.blocked > 0 && <small>{shortCount(cell.blocked)} blocked</small>}
    </td>
  );
}

/** Page origins that no service allows: strangers, or partners missing from a list. */
export function UnexpectedOrigins() {
  const answer = useShapes();
  const rows = [...cells(answer.data?.shapes ?? [])].flatMap(([origin, row]) =>
    [...row].flatMap(([service, cell]) =>
      cell.blocked > 0 && cell.blocked === cell.requests ? [{ origin, service, ...cell }] : [],
    ),
  );
  return (
    <Panel title="Unexpected origins" note="every request was blocked" id="unexpected" of={answer}>
      <Table
        name="unexpected-origins"
        caption="Page origins that a service never allowed"
        rows={rows}
        keyOf={(row) => `${row.origin} ${row.service}`}
        empty="Every page origin that was seen is allowed by the services that it calls."
        columns={[
          {
            title: 'Page origin',
            value: (row) => row.origin,
            cell: (row) => (
              <Go to="debug" with={{ page_origin: row.origin, service: row.service }}>
                {nameless(row.origin)}
              </Go>
            ),
          },
          { title: 'Service', value: (row) => nameless(row.service) },
          { title: 'Requests', number: true, value: (row) => row.requests },
          {
            title: 'Blocked',
            number: true,
            value: (row) => row.blocked,
            cell: (row) => percent(row.blocked / row.requests),
          },
        ]}
      />
    </Panel>
  );
}
