import { once } from 'node:events';
import tls from 'node:tls';
import test from 'ava';
import { startHost } from '../start-host.js';

const CBC = ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-SHA'];

test('hardening: CBC suites are refused, TLS 1.2 with authenticated encryption is accepted', async (t) => {
  const host = await startHost(t);
  const connect = (ciphers: string) =>
    tls.connect({ port: host.port, host: 'localhost', ca: host.ca, maxVersion: 'TLSv1.2', ciphers });
  for (const suite of CBC) {
    const [error] = await once(connect(suite), 'error').catch((cause: unknown) => [cause]);
    t.regex(`${Object(error).code}`, /^(ERR_SSL|ECONNRESET)/, suite);
  }
  const socket = connect('ECDHE-ECDSA-AES128-GCM-SHA256');
  await once(socket, 'secureConnect');
  t.is(socket.getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256');
  socket.destroy();
});

test('hardening: Strict-Transport-Security is sent when configured', async (t) => {
  for (const [hstsSeconds, expected] of [
    [0, undefined],
    [31_536_000, 'max-age=31536000'],
  ] as const) {
    const host = await startHost(t, { config: { hstsSeconds } });
    const { headers } = await host.call('/healthz');
    t.is(headers['strict-transport-security'], expected);
  }
});
