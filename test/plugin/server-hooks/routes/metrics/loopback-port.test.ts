import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { Registry } from 'prom-client';
import { LoopbackPort } from '../../../../../plugin/server-hooks/routes/metrics/loopback-port.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { parseExposition } from '../../../../kit/exposition.js';
import { freePort } from '../../../../kit/free-port.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { until } from '../../../../kit/until.js';

test('metrics port: answers on the loopback without a token', async (t) => {
  const metricsPort = await freePort();
  await startPlugin(t, { metricsPort });
  for (const host of ['127.0.0.1', 'localhost']) {
    const answer = await fetch(`http://${host}:${metricsPort}/metrics`);
    t.is(answer.status, 200);
    t.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    t.true(parseExposition(await answer.text()).has('fairlead_environments'));
  }
});

test('metrics port: serves nothing else, and no other name', async (t) => {
  const metricsPort = await freePort();
  await startPlugin(t, { metricsPort });
  const base = `http://127.0.0.1:${metricsPort}`;
  for (const path of ['/', '/edge/metrics', '/api/environments', '/metrics/']) {
    const { status } = await fetch(base + path);
    t.is(status, 404, path);
  }
  t.is((await fetch(`${base}/metrics`, { method: 'POST' })).status, 405);
  const req = http.get(`${base}/metrics`, { headers: { host: 'attacker.example' }, agent: false });
  const [res] = (await once(req, 'response')) as [http.IncomingMessage];
  res.resume();
  t.is(res.statusCode, 400, 'a name that an attacker’s DNS points at the loopback');
});

test('metrics port: is closed to other addresses of the machine, and by a stop', async (t) => {
  const metricsPort = await freePort();
  const { stop } = await startPlugin(t, { metricsPort, bind: '0.0.0.0' });
  const others = Object.values(networkInterfaces()).flatMap((each) =>
    (each ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
  );
  for (const { address } of others) t.is(await dial(address, metricsPort), 'ECONNREFUSED', address);
  t.is(await dial('127.0.0.1', metricsPort), 'open');
  await stop();
  t.is(await dial('127.0.0.1', metricsPort), 'ECONNREFUSED');
});

test('metrics port: the hub runs without a port in use, says so, and listens once it is free', async (t) => {
  const metricsPort = await freePort();
  const taken = net.createServer().listen(metricsPort, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const clock = new FakeClock();
  const { plugin, call, log, stop } = await startPlugin(t, { metricsPort, clock });
  t.is((await call('GET', '/metrics')).status, 200);
  t.deepEqual(plugin.problems(), ['metrics-port-taken']);
  const lines = () => log.lines.filter(({ fields }) => 'port' in fields && fields.port === metricsPort);
  t.like(lines(), [{ level: 'error', fields: { code: 'metrics-port-taken', err: { code: 'EADDRINUSE' } } }]);
  t.regex(lines()[0]?.message ?? '', /metricsPort \(FAIRLEAD_METRICS_PORT\)/);
  taken.close();
  await once(taken, 'close');
  const problems = () => {
    clock.advance(30_000);
    return plugin.problems();
  };
  t.deepEqual(await until(problems, (codes) => codes.length === 0), []);
  t.is((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status, 200);
  t.is(lines()[1]?.level, 'info');
  await stop();
  t.is(await dial('127.0.0.1', metricsPort), 'ECONNREFUSED');
});

test('metrics port: repeated failures are logged once, and a stop ends the attempts', async (t) => {
  const port = await freePort();
  const taken = net.createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const [clock, logger] = [new FakeClock(), new LogRecorder()];
  const metrics = { text: async () => Buffer.of(), contentType: Registry.PROMETHEUS_CONTENT_TYPE };
  const loopback = new LoopbackPort({ port, metrics, clock, logger });
  await loopback.start();
  t.is(clock.nextMs, 30_000);
  clock.advance(30_000);
  t.is(clock.pending, 0);
  await until(
    () => clock.pending,
    (count) => count === 1,
  );
  t.true(loopback.isFailing);
  t.is(logger.lines.length, 1);
  loopback.stop();
  loopback.stop();
  t.is(clock.pending, 0);
});

function dial(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port }, () => {
      socket.destroy();
      resolve('open');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'failed'));
  });
}
