import { once } from 'node:events';
import http2 from 'node:http2';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import { defer } from '../../../kit/deferred.js';
import { connectAgent } from '../../../kit/tunnel/connect-agent.js';
import { FRAME, frame } from '../../../kit/tunnel/h2-frames.js';
import { untilTrue } from '../../../kit/until.js';

/** The same, with what the hub's end would be. */
async function setup(t: ExecutionContext, report: () => Promise<void> = async () => undefined) {
  const { hub, ended } = await connectAgent(t, { report });
  const session = http2.connect('http://agent', { createConnection: () => hub });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  await once(session, 'remoteSettings');
  return { hub, session, ended };
}

const requests = {
  credential: { ':path': TUNNEL.credentialPath },
  accepted: { ':method': 'POST', ':path': TUNNEL.acceptedPath },
  'keep-alive': { ':method': 'POST', ':path': TUNNEL.keepAlivePath },
  report: { ':method': 'POST', ':path': TUNNEL.reportPath },
  connect: { ':method': 'CONNECT', ':authority': TUNNEL.engineAuthority },
};

for (const [name, headers] of Object.entries(requests)) {
  test(`agent tunnel: survives a connection that ends in the same write as the request: ${name}`, async (t) => {
    const { hub, session, ended } = await setup(t);
    hub.cork();
    const stream = session.request(headers);
    stream.on('error', () => undefined);
    stream.end('id');
    session.destroy();
    hub.uncork();
    t.regex(await ended, /^(tunnel-)?lost$/);
    // An error in a listener would be thrown a turn later, and end the test's process.
    await new Promise((resolve) => setImmediate(resolve));
  });
}

test('agent tunnel: a report request that the hub cancels gets no answer', async (t) => {
  const asked = defer();
  const reported = defer();
  const { session } = await setup(t, () => {
    asked.resolve(undefined);
    return reported.promise;
  });
  const question = session.request(requests.report);
  question.on('error', () => undefined);
  await asked.promise;
  const closed = once(question, 'close');
  question.close(http2.constants.NGHTTP2_CANCEL);
  await closed;
  // It is answered once the reset has arrived.
  await new Promise((resolve) => session.ping(resolve));
  reported.resolve(undefined);
  // What is thrown now would end the test's process.
  await new Promise((resolve) => setImmediate(resolve));
  const [headers] = await once(session.request(requests['keep-alive']), 'response');
  t.is(headers[':status'], 204);
});

test('agent tunnel: the connection of a closed tunnel ends although the hub does not read', async (t) => {
  // More than the sockets of both ends keep, so that most of it stays unsent.
  const engine = new PassThrough({ highWaterMark: 64 * 1024 * 1024 });
  engine.write(Buffer.alloc(32 * 1024 * 1024));
  const { opening, hub, connection } = await connectAgent(t, { dialEngine: () => Promise.resolve(engine) });
  const wide = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  // RFC 7541: POST and http from the static table, other values as literals.
  const authority = [0x01, 6, ...Buffer.from('engine')];
  const accepted = Buffer.from([0x83, 0x86, ...authority, 0x04, 9, ...Buffer.from(TUNNEL.acceptedPath)]);
  const call = Buffer.from([0x02, 7, ...Buffer.from('CONNECT'), ...authority]);
  hub.write(
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      frame(FRAME.settings, 0, 0, wide),
      frame(FRAME.windowUpdate, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
      frame(FRAME.headers, 0x4, 1, accepted),
      frame(FRAME.data, 0x1, 1, Buffer.from('id')),
      frame(FRAME.headers, 0x4, 3, call),
    ]),
  );
  await untilTrue('a written MiB', () => connection.bytesWritten >= 1024 * 1024, { everyMs: 1 });
  const closed = once(connection, 'close');
  const tunnel = await opening;
  t.is(tunnel.id, 'id');
  tunnel.close('stopping');
  await closed;
  t.true(connection.destroyed);
});
