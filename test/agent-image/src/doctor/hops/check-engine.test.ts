import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { startChild } from '../../../../kit/child.js';
import { tempFolder } from '../../../../kit/temp-folder.js';
import { startFakeEngine } from '../../docker/fake-engine.js';
import { diagnose, edgeKeyAt } from '../doctor-setup.js';

const EDGE_KEY = edgeKeyAt('https://127.0.0.1:1/edge');

test('engine hop: a missing socket, a folder in its place, and a file', async (t) => {
  const folder = await tempFolder(t);
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const [DOCKER_HOST, text] of [
    [join(folder, 'missing.sock'), /does not exist in the agent's container: mount it/],
    [folder, /is a folder: Docker makes one/],
    [file, /is not a socket/],
  ] as const) {
    const { engine, swarm } = await diagnose({ EDGE_KEY, DOCKER_HOST });
    t.like(engine, { result: 'fail', code: 'engine-unreachable' });
    t.regex(engine.text, text);
    t.like(swarm, { result: 'skip' });
  }
});

test('engine hop: a socket that its engine left behind', async (t) => {
  const DOCKER_HOST = join(await tempFolder(t), 'docker.sock');
  const program = `require('node:http').createServer().listen('${DOCKER_HOST}', () => console.log('up'))`;
  const child = startChild(t, process.execPath, ['-e', program], process.env);
  await child.untilLine(/^up$/);
  await child.kill('SIGKILL');
  const { engine } = await diagnose({ EDGE_KEY, DOCKER_HOST });
  t.like(engine, { result: 'fail', code: 'engine-unreachable' });
  t.regex(engine.text, /is a dead socket: no engine listens/);
});

test('engine hop: something else than a Docker Engine', async (t) => {
  const DOCKER_HOST = join(await tempFolder(t), 'other.sock');
  const server = http.createServer((_request, response) => response.end('{"hello":"world"}'));
  await once(server.listen(DOCKER_HOST), 'listening');
  t.teardown(() => server.close());
  const { engine } = await diagnose({ EDGE_KEY, DOCKER_HOST });
  t.like(engine, { result: 'fail', code: 'engine-bad-answer' });
  t.regex(engine.text, /is not a Docker Engine: it reports no API version/);
});

test('swarm hop: a manager, and a node that is locked', async (t) => {
  for (const [Swarm, expected] of [
    [
      { LocalNodeState: 'active', NodeID: 'n1', ControlAvailable: true },
      { result: 'ok', text: 'Manager, node n1' },
    ],
    [
      { LocalNodeState: 'locked', NodeID: 'n1', Error: 'Swarm is encrypted' },
      { result: 'warn', text: 'node n1 is locked: Swarm is encrypted' },
    ],
  ] as const) {
    const { address } = await startFakeEngine(t, { '/info': { Swarm } });
    const { swarm } = await diagnose({ EDGE_KEY, DOCKER_HOST: address.kind === 'unix' ? address.path : '' });
    t.like(swarm, expected);
  }
});
