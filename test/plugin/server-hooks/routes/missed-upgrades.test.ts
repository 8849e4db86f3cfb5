import net from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { requestText } from '../../../kit/fault/raw-http.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

const EXEC = 'a'.repeat(64);

for (const { what, method, path, headers, status, code, type } of [
  {
    what: 'a stranger to Docker',
    method: 'POST',
    path: '/edge/api/environments/1/docker/exec/x/start',
    headers: [],
    ...{ status: 401, code: 'unauthorized', type: 'application/json' },
  },
  {
    what: 'a call of an environment that is none',
    method: 'POST',
    path: '/edge/api/environments/9/docker/exec/x/start',
    headers: ['Authorization: Bearer admin'],
    ...{ status: 404, code: 'environment-not-found', type: 'application/json' },
  },
  {
    what: 'a console with a ticket that is none',
    method: 'GET',
    path: `/edge/api/environments/1/exec/${EXEC}/ws?ticket=${'t'.repeat(43)}`,
    headers: [],
    ...{ status: 401, code: 'ticket-invalid', type: 'application/problem+json' },
  },
]) {
  test(`upgrades: ${what} gets a complete answer, and the connection ends`, async (t) => {
    const hub = await startPlugin(t);
    const socket = net.connect(Number(new URL(hub.url).port), '127.0.0.1');
    socket.write(requestText(method, path, [...headers, 'Connection: Upgrade', 'Upgrade: tcp']));
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    t.true(head.startsWith(`HTTP/1.1 ${status} `), head);
    t.regex(head, new RegExp(`^content-type: ${type.replace('+', '\\+')}\r?$`, 'im'));
    t.regex(head, new RegExp(`^content-length: ${body.length}\r?$`, 'im'));
    t.regex(head, /^connection: close\r?$/im);
    t.like(JSON.parse(body), { status, code });
  });
}
