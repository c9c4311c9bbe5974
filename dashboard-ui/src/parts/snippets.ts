// A request as something to run: a command, a contract.
import type { Schemas } from '../api/client';

type Request = Pick<
  Schemas['Diagnosis'],
  'method' | 'url' | 'page_origin' | 'headers' | 'credentialed'
>;

/** For a shell: nothing in it is anything but text. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** For TOML: a basic string. */
function toml(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

const names = (headers: string | null | undefined) => (headers ?? '').split(',').filter(Boolean);

/** The preflight as a browser sends it. */
export function preflight({ method, url, page_origin, headers }: Request): string {
  const asked = names(headers).join(',');
  const lines = [
    `curl -i -X OPTIONS ${quoted(url)}`,
    `-H ${quoted(`Origin: ${page_origin}`)}`,
    `-H ${quoted(`Access-Control-Request-Method: ${method}`)}`,
  ];
  if (asked) lines.push(`-H ${quoted(`Access-Control-Request-Headers: ${asked}`)}`);
  return lines.join(' \\\n  ');
}

/** A contract that holds once the request passes: `corswatch check FILE`. */
export function contract({ method, url, page_origin, headers, credentialed }: Request): string {
  const own = names(headers).map((name) => `${toml(name)} = "1"`);
  const lines = [
    `url = ${toml(url)}`,
    `origin = ${toml(page_origin)}`,
    '',
    '[[request]]',
    `name = ${toml(`${method} ${url} from ${page_origin}`)}`,
    `method = ${toml(method)}`,
  ];
  if (own.length > 0) lines.push(`headers = { ${own.join(', ')} }`);
  if (credentialed) lines.push('credentials = "include"');
  return `${lines.join('\n')}\n`;
}
