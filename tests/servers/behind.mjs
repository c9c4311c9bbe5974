// The application behind the gateways of the tests, and the pages that ask them: `node behind.mjs PORT`.
import { createServer } from 'node:http';
import process from 'node:process';

const ALLOW = 'Access-Control-Allow-Origin';

/** How each path answers any method: a status and headers. */
const routes = {
  '/page': () => [200, { 'content-type': 'text/html' }],
  '/x': () => [200, {}],
  '/boom': () => [500, {}],
  '/private': ({ headers }) => (headers.authorization ? [200, {}] : [401, { 'www-authenticate': 'Basic realm="x"' }]),
  '/get-only': ({ method }) => (method === 'OPTIONS' ? [405, { allow: 'GET' }] : [200, {}]),
  '/moved': ({ method }) => (method === 'OPTIONS' ? [301, { location: '/moved/' }] : [200, {}]),
  '/star': () => [200, { [ALLOW]: '*' }],
  '/foreign': () => [200, { [ALLOW]: 'https://other.test', 'Access-Control-Allow-Credentials': 'true' }],
  '/twice': () => [200, { [ALLOW]: ['http://app.test', '*'] }],
};

const server = createServer((request, response) => {
  request.resume();
  const { pathname } = new URL(request.url, 'http://behind');
  const [status, headers] = (routes[pathname] ?? (() => [404, {}]))(request);
  response.writeHead(status, headers).end('<!doctype html>');
});
server.listen(Number(process.argv[2]), '127.0.0.1');
