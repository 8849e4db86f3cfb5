import test from 'ava';
import { isHealthy } from '../../host/healthcheck.js';
import { startHost } from './start-host.js';

test('healthcheck: true while the dashboard answers, false once it has stopped', async (t) => {
  const host = await startHost(t);
  const { port } = host;
  t.true(await isHealthy({ bind: '0.0.0.0', port }));
  t.true(await isHealthy({ bind: '127.0.0.1', port }));
  await host.stop();
  t.false(await isHealthy({ bind: '0.0.0.0', port }));
});
