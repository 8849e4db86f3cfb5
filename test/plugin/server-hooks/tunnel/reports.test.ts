import { once } from 'node:events';
import http2, { type ServerHttp2Stream } from 'node:http2';
import test from 'ava';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { defer } from '../../../kit/deferred.js';
import { tunnelPair } from '../../../kit/tunnel/pair.js';
import { until, untilTrue } from '../../../kit/until.js';

/** Minimum time between two requests. */
const GAP_MS = 250;

test('tunnel: an agent that does not know reports refuses the request, and its tunnel stays open', async (t) => {
  const serve = (stream: ServerHttp2Stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
  const clock = new FakeClock();
  const { tunnel } = await tunnelPair(t, { clock, serve });
  await tunnel.report();
  clock.advance(GAP_MS);
  await tunnel.report();
  t.is(tunnel.end, null);
});

test('tunnel: a report that does not come is abandoned after 7 s, or with the tunnel', async (t) => {
  const clock = new FakeClock();
  const { tunnel, asked } = await tunnelPair(t, { clock, serve: () => undefined });
  const questions = () => asked.filter((path) => path === TUNNEL.reportPath).length;
  const first = tunnel.report();
  const second = [tunnel.report(), tunnel.report()];
  await until(questions, (count) => count >= 1);
  clock.advance(TUNNEL.reportMs);
  await first;
  await until(questions, (count) => count >= 2);
  tunnel.close('revoked');
  await Promise.all(second);
  t.is(questions(), 2, 'callers during a request share the next');
  await tunnel.report();
});

test('tunnel: two requests start at least 250 ms apart, and a closed tunnel ends the pause', async (t) => {
  const clock = new FakeClock();
  const { tunnel, asked } = await tunnelPair(t, { clock });
  const questions = () => asked.filter((path) => path === TUNNEL.reportPath).length;
  await tunnel.report();
  const second = tunnel.report();
  clock.advance(GAP_MS - 1);
  tunnel.keepAlive();
  await untilTrue('a keep-alive', () => asked.includes(TUNNEL.keepAlivePath));
  t.is(questions(), 1, 'later data has arrived, and no request before it');
  clock.advance(1);
  await second;
  t.is(questions(), 2);
  const paused = tunnel.report();
  tunnel.close('revoked');
  await paused;
  t.is(clock.pending, 0);
});

test('tunnel: a request for which the agent allows no stream is abandoned after 7 s', async (t) => {
  const clock = new FakeClock();
  const { tunnel, far, asked } = await tunnelPair(t, { clock });
  await new Promise<void>((resolve) => far.settings({ maxConcurrentStreams: 0 }, () => resolve()));
  const reported = tunnel.report();
  clock.advance(TUNNEL.reportMs);
  await reported;
  t.deepEqual(asked, []);
  t.is(clock.pending, 0);
  t.is(tunnel.end, null);
});

for (const [how, body] of [
  ['headers alone', ''],
  ['a body without an end', 'x'.repeat(2 * TUNNEL.streamWindow)],
] as const) {
  test(`tunnel: an agent that answers a request with ${how} is cut after 7 s`, async (t) => {
    const clock = new FakeClock();
    const answering = defer<ServerHttp2Stream>();
    const serve = (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 });
      stream.write(body, () => answering.resolve(stream));
    };
    const { tunnel } = await tunnelPair(t, { clock, serve });
    const reported = tunnel.report();
    const stream = await answering.promise;
    const closed = once(stream, 'close');
    clock.advance(TUNNEL.reportMs);
    await reported;
    await closed;
    t.is(tunnel.end, null);
  });
}

test('tunnel: an agent that floods the answer to a request loses its tunnel', async (t) => {
  const clock = new FakeClock();
  const answering = defer<ServerHttp2Stream>();
  const serve = (stream: ServerHttp2Stream, path: string) => {
    if (path === TUNNEL.reportPath) answering.resolve(stream);
    else stream.respond({ ':status': 204 }, { endStream: true });
  };
  const { tunnel, far } = await tunnelPair(t, { clock, serve });
  tunnel.start();
  const reported = tunnel.report();
  const stream = await answering.promise;
  while (!tunnel.end) {
    for (let at = 0; at < 100; at++) {
      stream.additionalHeaders({ ':status': 102, flood: `${at}`.repeat(1_000) });
    }
    // It is answered once everything sent before has arrived.
    await new Promise((resolve) => far.ping(resolve));
    clock.advance(250);
  }
  t.is(tunnel.end, 'flooding');
  await reported;
});
