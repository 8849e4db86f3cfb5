import test from 'ava';
import type { TestInstance } from '../../../kit/agent/instance.js';
import { startSwarmAgents } from '../../../kit/swarm/agents.js';

test('standby: changes of the leader’s tunnel wake no other agent, a call for a node only its own', async (t) => {
  const { hub, created, path, join } = await startSwarmAgents(t);
  const leaving = new AbortController();
  t.teardown(() => leaving.abort());
  const { signal } = leaving;
  const leader = await join('n1', 'manager');
  const woken: string[] = [];
  const hold = async (agent: TestInstance, name: string) => {
    const { etag = '' } = await agent.checkIn();
    return agent.checkIn({ etag, wait: 50, signal }).then(
      ({ reply }) => {
        woken.push(name);
        return reply;
      },
      () => null,
    );
  };
  const second = hold(await join('n2', 'worker'), 'n2');
  void hold(await join('n3', 'manager'), 'n3');
  await hub.call('POST', path('/tunnel'));
  const { tunnel, ended } = await leader.open(await leader.prove(await leader.credential()));
  t.is((await hub.view(created.id)).tunnel, 'active');
  tunnel.close('lost');
  await ended;
  await hub.until(created.id, (view) => view.tunnel !== 'active');
  await leader.checkIn();
  await leader.open(await leader.prove(await leader.credential()));
  await hub.call('PATCH', path(''), { tags: ['shop'] });
  t.deepEqual(woken, []);

  const call = hub.call('GET', path('/nodes/n2/docker/_ping'), undefined, signal).catch(() => undefined);
  const reply = await second;
  t.truthy(reply?.nodeCredential);
  t.is(reply?.tunnel, 'standby');
  await hub.view(created.id);
  t.deepEqual(woken, ['n2']);
  leaving.abort();
  await call;
});
