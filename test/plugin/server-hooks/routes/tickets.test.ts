import test from 'ava';
import { startPlugin } from '../../../kit/hub/plugin.js';

const EXEC_ID = 'a'.repeat(64);

test('tickets: are refused for another caller’s environment', async (t) => {
  const authenticate = async () => ({ id: 'token:bound', environmentId: 1, via: 'bearer' as const });
  const hub = await startPlugin(t, {}, { authenticate });
  const ask = (environmentId: number) => hub.call('POST', '/api/tickets', { environmentId, execId: EXEC_ID });
  t.like(await ask(2), { status: 403, body: { code: 'forbidden' } });
  t.like(await ask(1), { status: 404, body: { code: 'environment-not-found' } });
});

test('tickets: a ticket allows no more than the host does', async (t) => {
  const hub = await startPlugin(
    t,
    {},
    { authorize: (_principal, action, id) => action !== 'docker' || id === null },
  );
  const { id } = await hub.createEnvironment({ name: 'one' });
  const answer = await hub.call('POST', '/api/tickets', { environmentId: id, execId: EXEC_ID });
  t.like(answer, { status: 403, body: { code: 'forbidden' } });
});
