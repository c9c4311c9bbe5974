// What a panel shows, as a file. Texts come from strangers: in CSV none of them starts a formula.

type Cell = string | number | boolean | null | undefined;

/** Spreadsheets run a cell that starts so: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[=+\-@\t\r]/;

/** A row of CSV (RFC 4180). */
function line(cells: readonly Cell[]): string {
  return `${cells.map(field).join(',')}\r\n`;
}

function field(cell: Cell): string {
  if (cell == null) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map(line).join('');
}

export function saveCsv(name: string, text: string): void {
  save(`${name}.csv`, 'text/csv', text);
}

export function saveJson(name: string, data: unknown): void {
  save(`${name}.json`, 'application/json', `${JSON.stringify(data, null, 2)}\n`);
}

export function saveHtml(name: string, page: string): void {
  save(`${name}.html`, 'text/html', page);
}

function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `corswatch-${name}`;
  link.click();
  URL.revokeObjectURL(url);
}
