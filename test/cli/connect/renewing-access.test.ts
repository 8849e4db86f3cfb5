import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { AccessRecords } from '../../../cli/config/access-records.js';
import { RenewingAccess } from '../../../cli/connect/renewing-access.js';
import { HubClient } from '../../../cli/hub/client.js';
import { DockerAccesses } from '../../../cli/hub/docker-access.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { ACCESS_PATH, newAccess, startScriptedHub } from '../../kit/cli/scripted-hub.js';
import { accessesOf, startShop } from '../../kit/cli/shop.js';
import { defer } from '../../kit/deferred.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { until } from '../../kit/until.js';

const DAY_MS = 86_400_000;

test('renewing access: renewed a day before it ends, revoked when it stops; expired ones of killed processes too', async (t) => {
  const { hub, user, shopId } = await startShop(t);
  let aheadMs = 0;
  const clock = { ...systemClock, now: () => Date.now() + aheadMs };
  const ca = (await hub.call<string>('GET', '/edge/api/ca.pem')).body;
  const login = { url: `${hub.origin}/edge`, ca, token: hub.token };
  const client = new HubClient(login, new AbortController().signal);
  const records = new AccessRecords(join(await tempFolder(t), user.home));
  const accesses = new DockerAccesses({ hub: client, records, clock, note: () => undefined });
  const ping = async (access: RenewingAccess) => {
    const socket = await access.dial(AbortSignal.timeout(30_000));
    socket.write('GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n');
    return text(socket);
  };
  const count = async () => (await accessesOf(hub, shopId)).length;

  const access = new RenewingAccess(accesses, { environmentId: shopId, node: undefined, name: 'x' }, clock);
  await access.start();
  t.regex(await ping(access), /^HTTP\/1\.1 200 /);
  aheadMs = 5.9 * DAY_MS;
  await ping(access);
  t.is(await count(), 1);
  aheadMs = 6.1 * DAY_MS;
  await Promise.all([ping(access), ping(access)]);
  // The renewal may still be on: it is waited for.
  await access.stop();
  t.is(await count(), 0);
  await access.start();
  aheadMs += 6.1 * DAY_MS;
  await Promise.all([ping(access), ping(access)]);
  const made = await until(count, (number) => number > 1);
  t.is(made, 2, 'one more, also for two connections');
  await access.stop();
  t.is(await count(), 0);

  await accesses.create(
    { id: shopId },
    { name: 'of a killed process', expiresAt: new Date(clock.now() + DAY_MS) },
  );
  t.is(await count(), 1);
  aheadMs += 2 * DAY_MS;
  const next = await accesses.create({ id: shopId }, { name: 'next' });
  t.deepEqual(
    (await accessesOf(hub, shopId)).map(({ name }) => name),
    ['next'],
  );
  await accesses.revoke(next);
});

test('renewing access: connections do not wait for a slow renewal; the end does, and revokes it', async (t) => {
  const [asked, answered] = [defer(), defer()];
  let aheadMs = 0;
  let count = 0;
  const expiring = () => newAccess({ id: `a${count}`, expiresAt: new Date(Date.now() + 7 * DAY_MS) });
  const hub = await startScriptedHub(t, {
    [`POST ${ACCESS_PATH}`]: async () => {
      count += 1;
      if (count > 1) {
        asked.resolve();
        await answered.promise;
      }
      return expiring();
    },
  });
  const clock = { ...systemClock, now: () => Date.now() + aheadMs };
  const client = new HubClient({ ...hub, token: 'flt_x' }, new AbortController().signal);
  const records = new AccessRecords(await tempFolder(t));
  const note = (text: string) => t.fail(text);
  const accesses = new DockerAccesses({ hub: client, records, clock, note });
  const access = new RenewingAccess(accesses, { environmentId: 5, node: undefined, name: 'x' }, clock);
  await access.start();
  aheadMs = 6.1 * DAY_MS;
  // Nothing listens at its address: that is the proof that it was dialled.
  await t.throwsAsync(access.dial(AbortSignal.timeout(30_000)), { code: 'ECONNREFUSED' });
  await asked.promise;
  aheadMs = 7.1 * DAY_MS;
  // The former one has ended: now a connection waits, as long as its client does.
  const aborted = new AbortController();
  const waiting = access.dial(aborted.signal);
  aborted.abort(new Error('no more'));
  await t.throwsAsync(waiting, { message: 'no more' });
  const stopped = access.stop();
  answered.resolve();
  await stopped;
  t.deepEqual(
    hub.calls().filter((call) => call.startsWith('DELETE')),
    [`DELETE ${ACCESS_PATH}/a1`, `DELETE ${ACCESS_PATH}/a2`],
  );
});
