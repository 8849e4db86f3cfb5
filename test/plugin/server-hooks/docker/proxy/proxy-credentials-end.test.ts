import test from 'ava';
import { defer } from '../../../../kit/deferred.js';
import { left, startEngine } from '../../../../kit/engine/double.js';
import { dialHub, readToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
const STREAM =
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

for (const [what, request, answer] of [
  ['a stream', 'GET /1/events HTTP/1.1\r\nHost: hub\r\n\r\n', STREAM],
  ['an upgraded connection', `POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\n${UPGRADE}`, SWITCH],
] as const) {
  test(`docker: ${what} is cut when the credentials of its caller end`, async (t) => {
    const engine = await startEngine(t, (socket) => socket.once('data', () => socket.write(answer)));
    const ended = new AbortController();
    const hub = await startHub(t, [engine], { ended: ended.signal });
    const socket = await dialHub(t, hub);
    socket.write(request);
    await until(socket, answer === STREAM ? 'hello' : '\r\n\r\n');
    const [engineSide] = engine.sockets;
    const received = readToEnd(socket);
    ended.abort();
    const [{ ending }] = await Promise.all([received, left(engineSide), hub.idle()]);
    t.is(ending, 'reset', 'a cut is no end');
    t.is(hub.tunnels.opened[0]?.released, 1);
  });
}

for (const [what, request] of [
  ['request', 'GET /1/info HTTP/1.1\r\nHost: hub\r\n\r\n'],
  ['call to upgrade', `POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\n${UPGRADE}`],
] as const) {
  test(`docker: an unanswered ${what} is 401 when the credentials of its caller end`, async (t) => {
    const asked = defer();
    const engine = await startEngine(t, (socket) => socket.once('data', () => asked.resolve()));
    const ended = new AbortController();
    const hub = await startHub(t, [engine], { ended: ended.signal });
    const socket = await dialHub(t, hub);
    socket.write(request);
    await asked.promise;
    ended.abort();
    t.regex(await until(socket, '"code"'), /^HTTP\/1\.1 401 /);
    await hub.idle();
  });
}
