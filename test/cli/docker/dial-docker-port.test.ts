import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { dialDockerPort } from '../../../cli/docker/dial-docker-port.js';
import { pingDockerPort } from '../../../cli/doctor/ping-docker-port.js';
import { makeAuthority } from '../../../protocol/certificates/authority.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { serveHttps } from '../../kit/cli/https-server.js';
import { until } from '../../kit/until.js';

test.serial(
  'docker port: its certificate is verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says',
  async (t) => {
    const { origin, requests } = await serveHttps(t, () => (_req, res) => res.end('OK'));
    const { certificate: ca } = await makeAuthority(randomBytes);
    const host = origin.replace('https:', 'tcp:');
    const access = { id: 'a1', environmentId: 5, host, ca, certificate: '', key: '', expiresAt: '' };
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    t.teardown(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    });
    const signal = AbortSignal.timeout(30_000);
    await t.throwsAsync(dialDockerPort(access, { clock: systemClock, signal }), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    await t.throwsAsync(pingDockerPort(access, { clock: systemClock, signal }), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    t.deepEqual(requests, []);
  },
);

test.serial(
  'docker port: its connections are kept alive, or found dead, while nothing is sent',
  async (t) => {
    const { origin, ca } = await serveHttps(t, () => (_req, res) => res.end('OK'));
    const access = { host: origin.replace('https:', 'tcp:'), ca, certificate: '', key: '' };
    const signal = AbortSignal.timeout(30_000);
    const socket = await dialDockerPort(access, { clock: systemClock, signal });
    t.teardown(() => socket.destroy());
    if (process.platform !== 'linux') {
      t.pass('no /proc/net/tcp');
      return;
    }
    // The timers of Linux: 02 is that of keep-alive probes. What was sent last may still wait for its own.
    const port = (socket.localPort ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const timer = async () => {
      const line = (await readFile('/proc/net/tcp', 'utf8'))
        .split('\n')
        .map((row) => row.trim().split(/\s+/))
        .find((columns) => columns[1]?.endsWith(`:${port}`));
      return line?.[5]?.split(':')[0];
    };
    t.is(await until(timer, (value) => value !== '01'), '02');
  },
);
