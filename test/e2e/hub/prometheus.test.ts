import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../../tools/lab/run-command.js';
import { startChild } from '../../kit/child.js';
import { serialServerTest } from '../../kit/engine/lab.js';
import { freePort } from '../../kit/free-port.js';
import { startHub } from '../../kit/hub/hub.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { until } from '../../kit/until.js';

const TOKEN = 'a-token-for-the-metrics-of-this-hub';
const RULES = fileURLToPath(new URL('../../../docs/metrics/alerts.yml', import.meta.url));
const DASHBOARD = new URL('../../../docs/metrics/grafana-dashboard.json', import.meta.url);

interface PrometheusAnswer<T> {
  readonly status: string;
  readonly error?: string;
  readonly data: T;
}

serialServerTest('metrics: Prometheus scrapes the hub, and evaluates rules and dashboard', async (t) => {
  t.timeout(120_000);
  const folder = await tempFolder(t);
  const [metricsPort, port] = [await freePort(), await freePort()];
  await writeFile(join(folder, 'token'), `${TOKEN}\n`);
  const hub = await startHub(t, {
    env: {
      FAIRLEAD_METRICS_TOKEN_FILE: join(folder, 'token'),
      FAIRLEAD_METRICS_PORT: String(metricsPort),
      FAIRLEAD_METRICS_PER_ENVIRONMENT: '1',
    },
  });
  await hub.createEnvironment({ name: 'a "quoted" \\ name' });
  await writeFile(join(folder, 'ca.pem'), (await hub.call<string>('GET', '/edge/api/ca.pem')).body);
  const job = (name: string, target: string, rest: object) => ({
    job_name: name,
    static_configs: [{ targets: [target] }],
    ...rest,
  });
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [RULES],
    scrape_configs: [
      job('fairlead', `localhost:${hub.port}`, {
        scheme: 'https',
        metrics_path: '/edge/metrics',
        authorization: { credentials_file: join(folder, 'token') },
        tls_config: { ca_file: join(folder, 'ca.pem') },
      }),
      job('loopback', `127.0.0.1:${metricsPort}`, {}),
    ],
  };
  // YAML is a superset of JSON.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  startChild(t, 'prometheus', args, process.env);
  const ask = async <T>(path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    return (await answer.json()) as PrometheusAnswer<T>;
  };
  const query = (expr: string) =>
    ask<{ result: { value: [number, string] }[] }>(`query?query=${encodeURIComponent(expr)}`);

  const up = async () => (await query('sum(up)').catch(() => null))?.data.result[0]?.value[1];
  t.is(await until(up, (sum) => sum === '2', { ms: 60_000 }), '2');
  const named = await query('fairlead_environment_info{job="fairlead",name="a \\"quoted\\" \\\\ name"}');
  t.is(named.data.result.length, 1);

  const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8'));
  const variables = { job: 'fairlead', instance: '.+', __rate_interval: '1m' };
  for (const { targets = [], title } of panels)
    for (const { expr } of targets) {
      const filled = expr.replace(/\$(\w+)/g, (_: string, name: keyof typeof variables) => variables[name]);
      const { status, error } = await query(filled);
      t.is(status, 'success', `${title}: ${error}`);
    }

  type Rules = { groups: { rules: { name: string; health: string; state: string }[] }[] };
  const rules = async () => (await ask<Rules>('rules')).data.groups.flatMap((group) => group.rules);
  const evaluated = await until(rules, (all) => all.every(({ health }) => health !== 'unknown'));
  t.true(evaluated.length > 5);
  for (const { name, health, state } of evaluated) {
    t.is(health, 'ok', name);
    t.not(state, 'firing', name);
  }

  const text = (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  await writeFile(join(folder, 'metrics.txt'), await text);
  const check = ['-c', 'promtool check metrics < "$0"', join(folder, 'metrics.txt')];
  const { code, stdout, stderr } = await runCommand('sh', check, { allowFailure: true });
  t.is(code, 0, stdout + stderr);
});

serialServerTest('metrics: the alert rules fire when they should, and only then', async (t) => {
  const cases = fileURLToPath(new URL('alerts.test.yml', import.meta.url));
  const { code, stdout, stderr } = await runCommand('promtool', ['test', 'rules', cases], {
    allowFailure: true,
  });
  t.is(code, 0, stdout + stderr);
});
