import { once } from 'node:events';
import http from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { SnapshotView } from '../../../../plugin/api.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { startScriptedEngine } from '../../../kit/engine/scripted-engine.js';
import { httpAnswer, ONE_EVENT } from '../../../kit/engine/scripts.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';

/** An agent with an open tunnel to an engine. */
async function setup(t: ExecutionContext) {
  const engine = await startScriptedEngine(t, {
    events: ONE_EVENT,
    slow: (socket) => void setTimeout(() => socket.end(httpAnswer('text/plain', 'OK')), 10),
  });
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, dialEngine: () => engine.dial() });
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  const { tunnel, ended } = await agent.open(await agent.prove(await agent.credential()));
  return { hub, id, agent, tunnel, ended, tunnelId: tunnel.id ?? '' };
}

test('idle close: stores the snapshot, ends the tunnel and revokes its credentials', async (t) => {
  const { hub, id, agent, ended, tunnelId } = await setup(t);
  await agent.client.postIdle(tunnelId, EMPTY_SNAPSHOT);
  t.is(await ended, 'idle');
  t.is((await hub.view(id)).tunnel, 'idle');
  const { body } = await hub.call<SnapshotView>('GET', `/api/environments/${id}/snapshot`);
  t.deepEqual(body, { ...EMPTY_SNAPSHOT, takenAt: body.takenAt });
  const { reply } = await agent.checkIn();
  t.is(reply?.tunnel, 'idle');
  t.is(reply?.credential, undefined);
});

test('idle close: a credential issued before it is refused afterwards', async (t) => {
  const { hub, id, agent, tunnel, tunnelId } = await setup(t);
  // The tunnel is lost and a new credential issued; the old one closes as idle before that is used.
  tunnel.close('stopping');
  await hub.until(id, ({ tunnel }) => tunnel === 'required');
  const unused = await agent.prove(await agent.credential());
  const later = await agent.prove(await agent.credential());
  const { tunnel: next } = await agent.open(later);
  await t.throwsAsync(agent.client.postIdle(tunnelId, null), { code: 'tunnel-unknown' });
  await agent.client.postIdle(next.id ?? '', EMPTY_SNAPSHOT);
  await t.throwsAsync(agent.open(unused), { code: 'credential-superseded' });
  await t.throwsAsync(agent.open(later), { code: 'credential-replayed' });
  t.is((await hub.view(id)).lastRefusal?.code, 'credential-replayed', 'which the admin sees');
});

test('idle close: is refused during a call, and the tunnel stays open', async (t) => {
  const { hub, id, agent, tunnelId } = await setup(t);
  const url = `${hub.url}/api/environments/${id}/docker/events`;
  const call = http.get(url, { headers: { authorization: 'Bearer admin' }, agent: false });
  call.on('error', () => undefined);
  const [res] = (await once(call, 'response')) as [http.IncomingMessage];
  await once(res, 'data');
  t.like(await t.throwsAsync(agent.client.postIdle(tunnelId, EMPTY_SNAPSHOT)), {
    code: 'tunnel-in-use',
    status: 409,
  });
  t.is((await hub.view(id)).tunnel, 'active');
  t.not((await hub.view(id)).snapshot, null, 'the snapshot is still valid');
  call.destroy();
  for (;;) {
    const { body } = await hub.call<{ calls: number }>('GET', `/api/environments/${id}/tunnel`);
    if (body.calls === 0) break;
  }
  await t.notThrowsAsync(agent.client.postIdle(tunnelId, EMPTY_SNAPSHOT));
});

test('idle close: a call at the same time is answered by this tunnel or the next, 100 times', async (t) => {
  const { hub, id, agent, tunnelId } = await setup(t);
  let current = tunnelId;
  let [kept, reopened] = [0, 0];
  for (let n = 0; n < 100; n++) {
    const closing = agent.client.postIdle(current, n % 2 === 0 ? EMPTY_SNAPSHOT : null).then(
      () => true,
      () => false,
    );
    for (let turns = n % 10; turns > 0; turns--) await turn();
    const call = hub.call('GET', `/api/environments/${id}/docker/slow`);
    const closed = await closing;
    if (closed) {
      reopened++;
      // The call may have arrived before the close and be answered already; if not, it is demand.
      const state = (await hub.view(id)).tunnel;
      if (state === 'idle') await hub.call('POST', `/api/environments/${id}/tunnel`);
      const { tunnel } = await agent.open(await agent.prove(await agent.credential()));
      current = tunnel.id ?? '';
    } else kept++;
    t.like(await call, { status: 200, body: 'OK' });
  }
  t.is(kept + reopened, 100);
  t.log(`${kept} closes were refused, ${reopened} arrived before the call or after it`);
});

test('idle close: another instance, an unknown tunnel and a closed tunnel are refused with a reason', async (t) => {
  const { hub, id, agent, tunnelId } = await setup(t);
  t.like(await t.throwsAsync(agent.client.postIdle('other', EMPTY_SNAPSHOT)), {
    code: 'tunnel-unknown',
    status: 404,
  });
  await hub.call('DELETE', `/api/environments/${id}/tunnel`);
  await t.throwsAsync(agent.client.postIdle(tunnelId, EMPTY_SNAPSHOT), { code: 'tunnel-unknown' });
  t.is((await hub.view(id)).snapshot, null, 'its snapshot is not stored');
});
