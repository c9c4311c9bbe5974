import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { csv, saveCsv } from './download';
import { count } from './format';

export interface Column<Row> {
  title: string;
  /** What the column holds: what CSV has, and what is shown where `cell` is absent. */
  value: (row: Row) => string | number | null | undefined;
  cell?: (row: Row) => ComponentChildren;
  number?: boolean;
}

interface Props<Row> {
  /** The name of the file. */
  name: string;
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Rows that are shown at first. */
  shown?: number;
  /** What is said where there is no row. */
  empty: ComponentChildren;
}

/** Words up to this length are never broken. */
const UNBROKEN = 16;
/** Shown shorter than it is. */
const TIME = /^\d{4}-\d\d-\d\dT/;

/** Numbers stand to the right; a long word, such as an origin, may be broken where there is no room. */
function styleOf<Row>(column: Column<Row>, value: string | number | null | undefined): string {
  if (column.number) return 'number';
  const words = typeof value === 'string' && !TIME.test(value) ? value.split(/\s/) : [];
  return words.some((word) => word.length > UNBROKEN) ? 'breakable' : '';
}

/** A table whose first column names the row; on phones each row is a card. */
export function Table<Row>({ name, caption, columns, rows, keyOf, shown = 20, empty }: Props<Row>) {
  const [all, showAll] = useState(false);
  if (rows.length === 0) return <p class="calm">{empty}</p>;
  const listed = all ? rows : rows.slice(0, shown);
  const save = () => {
    const cells = rows.map((row) => columns.map((column) => column.value(row)));
    const titles = columns.map((column) => column.title);
    saveCsv(name, csv(titles, cells));
  };
  return (
    <>
      <div class="tabled">
        <table class="cards">
          <caption>{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.title} scope="col" class={column.number ? 'number' : ''}>
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {listed.map((row) => (
              <tr key={keyOf(row)}>
                {columns.map((column, at) => (
                  <Cell key={column.title} column={column} row={row} head={at === 0} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="beneath">
        {rows.length > shown && (
          <button type="button" onClick={() => showAll(!all)}>
            {all ? `Show the first ${shown}` : `Show all ${count(rows.length)}`}
          </button>
        )}
        <button type="button" class="quiet" aria-label={`${caption} as CSV`} onClick={save}>
          CSV
        </button>
      </p>
    </>
  );
}

function Cell<Row>({ column, row, head }: { column: Column<Row>; row: Row; head: boolean }) {
  const value = column.value(row);
  const plain = typeof value === 'number' && Number.isInteger(value) ? count(value) : value;
  const content = column.cell?.(row) ?? plain ?? '–';
  const style = styleOf(column, value);
  return head ? (
    <th scope="row" data-label={column.title} class={style}>
      {content}
    </th>
  ) : (
    <td data-label={column.title} class={style}>
      {content}
    </td>
  );
}
