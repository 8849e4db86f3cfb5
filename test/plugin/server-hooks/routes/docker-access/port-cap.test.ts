import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import test from 'ava';
import { DockerAuthority } from '../../../../../plugin/server-hooks/docker-access/authority.js';
import { clientUri } from '../../../../../plugin/server-hooks/docker-access/client-uri.js';
import { DockerPort } from '../../../../../plugin/server-hooks/routes/docker-access/port.js';
import { newSerialNumber } from '../../../../../protocol/certificates/authority.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { callPort, dialPort } from '../../../../kit/docker/port-client.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { tempFolder } from '../../../../kit/temp-folder.js';
import { until } from '../../../../kit/until.js';

/** With it, an access may have eight connections. */
const OPEN_FILES = 32;
const MAX_CONNECTIONS = 8;

test('docker port: an access at its limit of connections gets 503, others are not affected, a closed one makes room', async (t) => {
  const clock = systemClock;
  const logger = new LogRecorder();
  const names = () => ['127.0.0.1'];
  const authority = new DockerAuthority({ dataDir: await tempFolder(t), names, clock, randomBytes, logger });
  await authority.start();
  t.teardown(() => authority.stop());
  const { signal: ended } = new AbortController();
  const port = new DockerPort({
    ...{ port: 0, bind: '127.0.0.1', openFiles: OPEN_FILES, authority, clock, logger },
    admit: () => ({ principal: { id: 'test', environmentId: 1, via: 'bearer', ended } }),
    onRequest: (_, res) => void res.end('OK'),
    onUpgrade: (_, socket) => void socket.destroy(),
  });
  await port.start();
  t.teardown(() => port.stop());
  const makeClient = async () => {
    const now = Date.now();
    const { certificate: cert, key } = await authority.issue({
      ...{ serialNumber: newSerialNumber(randomBytes), commonName: 'x', uri: clientUri(1, null) },
      ...{ publicKey: null, now, expiresAtMs: now + 60_000 },
    });
    return { ca: authority.ca, cert, key: key ?? '' };
  };
  const [full, other] = [await makeClient(), await makeClient()];
  const call = (client: typeof full) => callPort({ dockerPort: port.port }, client);

  const sockets = [];
  for (let count = 0; count < MAX_CONNECTIONS; count++) {
    const socket = await dialPort(t, { dockerPort: port.port }, full);
    // Counted by now: a handshake of TLS 1.3 is over earlier for the client.
    socket.write('GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
    await once(socket, 'data');
    sockets.push(socket);
  }

  t.like(await call(full), { status: 503, body: { code: 'too-many-connections' } });
  t.is((await call(other)).status, 200);
  sockets[0]?.destroy();
  const { status } = await until(
    () => call(full),
    (answer) => answer.status === 200,
  );
  t.is(status, 200);
});
