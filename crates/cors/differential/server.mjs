// Serves the answers of exchanges byte for byte, and remembers what was asked.
import { createServer } from 'node:net';

const latin1 = (text) => Buffer.from(text, 'latin1');

/** `answers(id, hop, isPreflight)` gives `{status, headers}`; `asked(id, hop, isPreflight)` is told. */
export function serve(answers, asked) {
  const server = createServer((socket) => {
    let pending = '';
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const head = pending.slice(0, end);
        pending = pending.slice(end + 4);
        if (!respond(socket, head, answers, asked)) return;
      }
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function respond(socket, head, answers, asked) {
  const [first, ...lines] = head.split('\r\n');
  const [method, target] = first.split(' ');
  // A browser that takes this server for its proxy sends whole URLs.
  const path = target.replace(/^http:\/\/[^/]*/, '');
  if (path.startsWith('/page')) return page(socket, path);
  const [, , id, hop] = path.split(/[/#?]/);
  const isPreflight = method === 'OPTIONS' && lines.some((line) => /^access-control-request-method:/i.test(line));
  asked(id, Number(hop), isPreflight, lines);
  const answer = answers(id, Number(hop), isPreflight);
  if (!answer) {
    socket.end('HTTP/1.1 500 No Answer\r\nContent-Length: 0\r\n\r\n');
    return false;
  }
  // An answer whose headers are all to be read gets none beside its own: the end of the connection
  // ends its body.
  const framed = !answer.bare && ![204, 304].includes(answer.status);
  const text = [
    `HTTP/1.${answer.bare ? 0 : 1} ${answer.status} x`,
    ...answer.headers.map(([name, value]) => `${name}: ${value}`),
    ...(framed ? ['Content-Length: 0'] : []),
  ];
  socket.write(latin1(`${text.join('\r\n')}\r\n\r\n`));
  if (answer.bare) socket.end();
  return !answer.bare;
}

function page(socket, path) {
  const sandbox = path === '/page-null' ? 'Content-Security-Policy: sandbox allow-scripts\r\n' : '';
  const body = '<!doctype html><title>differential</title>';
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n${sandbox}Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  return true;
}
