import test from 'ava';
import { portNames } from '../../../../plugin/server-hooks/docker-access/port-names.js';
import type { Environment } from '../../../../plugin/server-hooks/model/environment.js';
import type { Settings } from '../../../../plugin/server-hooks/model/settings.js';
import type { Stored } from '../../../../plugin/server-hooks/store/store.js';

test('port names: those of the newest accesses, a bounded number', (t) => {
  const dockerAccess = Array.from({ length: 200 }, (_, index) => ({
    address: `host-${index}.test:2376`,
    createdAt: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString(),
  }));
  const store = {
    settings: () => ({ publicUrl: 'https://hub.test:9443', tunnelAddress: null }) as unknown as Settings,
    environments: () => [{ dockerAccess }] as unknown as Iterable<Stored<Environment>>,
  };
  const names = portNames(store, { publicUrl: null, tunnelAddress: null, dockerAddress: 'docker.test:1' });
  for (const name of ['hub.test', 'docker.test']) t.true(names.includes(name), name);
  t.true(names.includes('host-199.test'));
  t.false(names.includes('host-0.test'));
  t.true(names.filter((name) => name.startsWith('host-')).length <= 50);
});
