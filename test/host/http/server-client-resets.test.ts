import { once } from 'node:events';
import { type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import net from 'node:net';
import { Writable } from 'node:stream';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { EnvironmentCreated } from '../../../plugin/api.js';
import { startAgent } from '../../kit/agent/agent.js';
import { startScriptedEngine } from '../../kit/engine/scripted-engine.js';
import { fakePluginFolder, startHost } from '../start-host.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CUTS = 4;
/** Of pino. */
const INFO = 30;

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
}

/** A host whose log is kept. */
async function setup(t: ExecutionContext, folder: string) {
  const lines: LogLine[] = [];
  const log = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  const logger = pino({ level: 'debug' }, log);
  const host = await startHost(t, { deps: { logger, pluginFolders: [folder] } });
  const { authorization } = await host.signIn();
  const before = lines.length;
  // Calls of agents without a signature have a line of their own, whether they are cut or not.
  const isLoud = ({ level, code }: LogLine) => level > 20 && code !== 'agent-unauthorized';
  return { host, authorization, loud: () => lines.slice(before).filter(isLoud) };
}

const WITH_BODY: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/api/session'],
  ['POST', '/api/tokens'],
  ['PATCH', '/api/plugins/edge'],
  ['POST', '/edge/upload'],
  ['POST', '/edge/agent/enrol'],
  ['POST', '/edge/agent/idle'],
  ['POST', '/edge/api/environments'],
  ['PATCH', '/edge/api/settings'],
  ['POST', '/edge/webhooks/1'],
  ['POST', '/edge/api/environments/1/docker/images/load'],
];
const WITH_ANSWER = [
  '/',
  '/healthz',
  '/api/session',
  '/edge/silent',
  '/edge/panel/panel.js',
  '/edge/api/events',
];

for (const [name, folder] of [
  ['a plugin', fakePluginFolder],
  ['Fairlead', ROOT],
] as const) {
  test(`client resets: cut requests, answers and upgrades of a host with ${name} are logged at debug at most`, async (t) => {
    const { host, authorization, loud } = await setup(t, folder);
    const heads = [
      ...WITH_BODY.map(([method, path]) => `${method} ${path} HTTP/1.1\r\nContent-Length: 100\r\n`),
      ...WITH_BODY.map(([method, path]) => `${method} ${path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n`),
      ...WITH_ANSWER.map((path) => `GET ${path} HTTP/1.1\r\n`),
      'POST /edge/wc HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n',
      'POST /grpc HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n',
      'POST /edge/api/environments/1/docker/exec/x/start HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 100\r\n',
    ].flatMap((head) => [head, `${head}Authorization: ${authorization}\r\n`]);
    for (const head of heads) {
      const cuts = Array.from({ length: CUTS }, async (_, n) => {
        const tcp = net.connect({ port: host.port, host: '127.0.0.1' });
        const socket = tls.connect({ socket: tcp, ca: host.ca });
        tcp.on('error', () => undefined);
        socket.on('error', () => undefined);
        t.teardown(() => tcp.destroy());
        await once(socket, 'secureConnect');
        const bytes = `${head}Host: hub\r\nContent-Type: application/json\r\n\r\n5\r\n{"pas`;
        await new Promise((resolve) => socket.write(bytes, resolve));
        // Some before the request is served, some after its answer has begun.
        if (n % 2 === 0) await host.call('/healthz');
        tcp.resetAndDestroy();
      });
      await Promise.all(cuts);
    }
    await settled(host);
    t.deepEqual(loud(), []);
  });

  test(`client resets: cut HTTP/2 streams of a host with ${name} are logged at debug at most`, async (t) => {
    const { host, authorization, loud } = await setup(t, folder);
    for (const headers of [{}, { authorization }]) {
      const session = connectHttp2(`https://127.0.0.1:${host.port}`, { ca: host.ca });
      session.on('error', () => undefined);
      t.teardown(() => session.destroy());
      const streams = [...WITH_BODY, ...WITH_ANSWER.map((path) => ['GET', path] as const)].map(
        ([method, path]) => {
          const stream = session.request(
            { ':method': method, ':path': path, 'content-type': 'application/json', ...headers },
            { endStream: method === 'GET' },
          );
          stream.on('error', () => undefined);
          if (method !== 'GET') stream.write('{"pas');
          return stream;
        },
      );
      await host.call('/healthz');
      for (const stream of streams.slice(0, 8)) stream.close(constants.NGHTTP2_CANCEL);
      await host.call('/healthz');
      session.destroy();
    }
    await settled(host);
    t.deepEqual(loud(), []);
  });
}

test('client resets: HTTP/2 answers that the hub itself breaks off are logged at debug at most', async (t) => {
  const { host, authorization, loud } = await setup(t, ROOT);
  const endless =
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n';
  const engine = await startScriptedEngine(t, { events: (socket) => socket.write(endless) });
  const body = {
    name: 'one',
    url: `https://127.0.0.1:${host.port}`,
    tunnelAddress: `127.0.0.1:${host.tunnelPort}`,
  };
  const headers = { authorization };
  const created = (await host.call('/edge/api/environments', { method: 'POST', headers, body })).json();
  const { id, edgeId, edgeKey } = created as unknown as EnvironmentCreated;
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath });
  const view = `/edge/api/environments/${id}`;
  while ((await host.call(view, { headers })).json().status !== 'online');
  const session = connectHttp2(`https://127.0.0.1:${host.port}`, { ca: host.ca });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  const open = async (path: string) => {
    const stream = session.request({ ':path': path, accept: 'text/event-stream', ...headers });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    stream.resume();
    return stream;
  };
  const call = await open(`${view}/docker/events`);
  const cut = closed(call);
  await host.call(`${view}/tunnel`, { method: 'DELETE', headers });
  await cut;
  t.is(call.rstCode, constants.NGHTTP2_INTERNAL_ERROR);
  const left = [await open('/edge/api/events'), await open(`${view}/docker/events`)];
  const ends = left.map(closed);
  await host.stop();
  await Promise.all(ends);
  t.deepEqual(
    loud().filter(({ level }) => level > INFO),
    [],
  );
});

function closed(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}

/** What was cut before is dealt with: connections are served in order of their events. */
async function settled(host: { call(path: string): Promise<unknown> }): Promise<void> {
  for (let n = 0; n < 5; n++) await host.call('/healthz');
}
