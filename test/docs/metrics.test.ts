import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { CheckInRecord } from '../../agent-image/src/health/check-in-record.js';
import { metricsText } from '../../agent-image/src/health/metrics-file.js';
import { isProblemCode } from '../../protocol/problems.js';
import { FakeClock } from '../kit/clock/fake-clock.js';
import { parseExposition } from '../kit/exposition.js';
import { startPlugin } from '../kit/hub/plugin.js';
import { until } from '../kit/until.js';

const read = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

/** What a hub exposes, with a failed call of a kind. */
async function exposed(t: ExecutionContext) {
  const { call, createEnvironment } = await startPlugin(t, { metricsPerEnvironment: true });
  await createEnvironment({ name: 'one' });
  await call('GET', '/api/environments/1/docker/info');
  const scrape = async () => parseExposition((await call<string>('GET', '/metrics')).body);
  // The first scrape starts the measure of the event loop.
  return until(scrape, (all) => all.get('fairlead_event_loop_delay_seconds')?.samples.length === 3);
}

/** What an agent writes, after a check-in. */
function written() {
  const clock = new FakeClock();
  const checkIns = new CheckInRecord(clock);
  checkIns.note({ code: null, nextWithinMs: 1_000 });
  const tunnel = { isOpen: false, opened: 0 };
  const tunnels = { environment: tunnel, node: tunnel };
  return parseExposition(metricsText({ version: '1', checkIns, isEngineUp: true, tunnels }));
}

test('metrics: the page lists exactly those of hub and agent, with type, labels and text', async (t) => {
  const families = new Map([...(await exposed(t)), ...written()]);
  const rows = [
    ...(await read('metrics.md')).matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*?) ?\| ([^|]*) \|$/gm),
  ].map(([, name = '', type, labels = '', text]) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    text,
  }));
  t.deepEqual(
    rows.map(({ name }) => name),
    [...families.keys()],
  );
  for (const { name, type, labels, text } of rows) {
    const family = families.get(name);
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

/** Each query of the dashboard and of the rules. */
async function queries(): Promise<string[]> {
  const { panels, templating } = JSON.parse(await read('metrics/grafana-dashboard.json'));
  const shown = panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  );
  const chosen = templating.list.map(({ query }: { query: unknown }) => Object(query).query ?? '');
  const { groups } = parse(await read('metrics/alerts.yml'));
  const alerts = groups.flatMap(({ rules }: { rules: { expr: string }[] }) => rules.map(({ expr }) => expr));
  return [...shown, ...chosen, ...alerts];
}

test('metrics: dashboard and alert rules use only metrics, labels and codes that exist', async (t) => {
  const families = await exposed(t);
  const samples = [...families.values()].flatMap((family) => family.samples);
  const names = new Set(samples.map(({ name }) => name));
  // Without a refusal or a failure these have no sample.
  for (const name of ['fairlead_tunnel_refusals_total', 'up']) names.add(name);
  const labels = new Set([
    'job',
    'instance',
    'file',
    'code',
    ...samples.flatMap((one) => Object.keys(one.labels)),
  ]);
  const values = new Set(samples.flatMap((one) => Object.values(one.labels)));
  const all = await queries();
  t.true(all.length > 35, `${all.length} queries`);
  for (const query of all) {
    for (const [name] of query.matchAll(/\b(?:fairlead|process|nodejs)_\w+/g)) t.true(names.has(name), name);
    for (const [, list = ''] of query.matchAll(/by \(([^)]*)\)/g))
      for (const label of list.split(/, */)) t.true(labels.has(label), `${label} in ${query}`);
    for (const [, label = '', operator, text = ''] of query.matchAll(/[{,](\w+)(=~|!~|!=|=)"([^"]*)"/g)) {
      t.true(labels.has(label), `${label} in ${query}`);
      if (['job', 'instance', 'file'].includes(label)) continue;
      for (const value of operator?.endsWith('~') ? text.split('|') : [text])
        t.true(label === 'code' ? isProblemCode(value) : values.has(value), `${label} ${value}`);
    }
  }
});
