import test from 'ava';
import { answering, ask, startEngine, startHub } from './fixture.js';

test('docker proxy: answers what the engine answers', async (t) => {
  const engine = await startEngine(
    t,
    answering('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'),
  );
  const hub = await startHub(t, [engine]);
  const { text } = await ask(
    t,
    hub,
    'GET /1/v1.43/info?x=%2F.. HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n',
  );
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n/);
  t.true(text.endsWith('\r\n\r\n{}'));
  t.true(engine.bytes().startsWith('GET /v1.43/info?x=%2F.. HTTP/1.1\r\n'));
  await hub.idle();
  t.deepEqual(
    hub.tunnels.opened.map((call) => call.released),
    [1],
  );
});
