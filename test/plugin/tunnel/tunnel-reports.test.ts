import http2, { type ServerHttp2Stream } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { tunnelPair } from '../../helpers/tunnel-pair.js';

test('tunnel: an agent that does not know reports refuses the question, and its tunnel goes on', async (t) => {
  const serve = (stream: ServerHttp2Stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
  const { tunnel } = await tunnelPair(t, { clock: new FakeClock(), serve });
  await tunnel.report();
  await tunnel.report();
  t.is(tunnel.end, null);
});

test('tunnel: a report that does not come is given up after 7 s, and with the tunnel', async (t) => {
  const clock = new FakeClock();
  const { tunnel, asked } = await tunnelPair(t, { clock, serve: () => undefined });
  const questions = () => asked.filter((path) => path === TUNNEL.reportPath).length;
  const first = tunnel.report();
  const second = [tunnel.report(), tunnel.report()];
  while (questions() < 1) await delay(5);
  clock.advance(TUNNEL.reportMs);
  await first;
  while (questions() < 2) await delay(5);
  tunnel.close('revoked');
  await Promise.all(second);
  t.is(questions(), 2, 'all who ask during a question share the next');
  await tunnel.report();
});
