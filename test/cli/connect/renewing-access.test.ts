import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { AccessRecords } from '../../../cli/config/access-records.js';
import { RenewingAccess } from '../../../cli/connect/renewing-access.js';
import { HubClient } from '../../../cli/hub/client.js';
import { DockerAccesses } from '../../../cli/hub/docker-access.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { accessesOf, startShop } from '../../kit/cli/shop.js';
import { tempFolder } from '../../kit/temp-folder.js';

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
  t.is(await count(), 2, 'one more, also for two connections');
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
