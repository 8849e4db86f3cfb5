import { readFile } from 'node:fs/promises';
import test from 'ava';
import { parseExposition } from '../kit/exposition.js';
import { startPlugin } from '../kit/hub/plugin.js';

const page = () => readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

test('metrics: the page lists exactly those that the hub exposes, with type, labels and text', async (t) => {
  const { call, createEnvironment } = await startPlugin(t, { metricsPerEnvironment: true });
  await createEnvironment({ name: 'one' });
  const exposed = parseExposition((await call<string>('GET', '/metrics')).body);
  const rows = [...(await page()).matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*?) ?\| ([^|]*) \|$/gm)].map(
    ([, name = '', type, labels = '', text]) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
      text,
    }),
  );
  t.deepEqual(
    rows.map(({ name }) => name),
    [...exposed.keys()],
  );
  for (const { name, type, labels, text } of rows) {
    const family = exposed.get(name);
    t.is(type, family?.type, name);
    t.is(text, family?.help, name);
    for (const sample of family?.samples ?? [])
      t.deepEqual(
        Object.keys(sample.labels).filter((label) => label !== 'le'),
        labels,
        name,
      );
  }
});
