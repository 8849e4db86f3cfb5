import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import test from 'ava';
import type { TunnelSession } from '../../../../../plugin/server-hooks/tunnel/session.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { startByteEngine } from '../../../../kit/engine/byte-engine.js';
import { startAgentEndpoint } from '../../../../kit/tunnel/endpoints.js';
import { startListener } from '../../../../kit/tunnel/listener.js';

const PIECE = Buffer.alloc(256 * 1024);
const ROUNDS = 4;

/** A call that never stops sending. */
async function upload(tunnel: TunnelSession): Promise<Duplex> {
  const pipe = await tunnel.dial();
  pipe.on('error', () => undefined);
  pipe.write('POST /hash HTTP/1.1\r\nHost: engine\r\nContent-Length: 1000000000\r\n\r\n');
  pipe.on('drain', () => pipe.write(PIECE));
  pipe.write(PIECE);
  await once(pipe, 'drain');
  return pipe;
}

test('goodbye: an agent receives why its tunnel ends, though the connection is full', async (t) => {
  t.timeout(120_000);
  const engine = await startByteEngine(t);
  // Nothing is cut for being slow: it is the order that counts.
  const hub = await startListener(t, { clock: new FakeClock() });
  for (let round = 0; round < ROUNDS; round++) {
    const agent = await startAgentEndpoint(t, { ...hub, socketPath: engine.socketPath });
    const tunnel = hub.tunnels.at(-1) ?? t.fail();
    const calls = await Promise.all(Array.from({ length: 10 }, () => upload(tunnel)));
    tunnel.close('revoked');
    t.is(await agent.closed, 'revoked');
    t.true(calls.every((call) => call.destroyed));
  }
});
