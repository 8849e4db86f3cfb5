import { randomBytes } from 'node:crypto';
import test from 'ava';
import { dialDockerPort } from '../../../cli/docker/dial-docker-port.js';
import { pingDockerPort } from '../../../cli/doctor/ping-docker-port.js';
import { makeAuthority } from '../../../protocol/certificates/authority.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { serveHttps } from '../../kit/cli/https-server.js';

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
