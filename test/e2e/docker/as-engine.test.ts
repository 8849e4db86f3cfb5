import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { isSwarmCall, parseDockerPath } from '../../../plugin/server-hooks/docker/path.js';
import { codeOf } from '../../../protocol/problems.js';
import { containerName, docker } from '../../kit/docker/compare.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { allWays, ask, dialEngine, exchange, type Way } from './raw-client.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
const CREATE = '{"Image":"missing:1"}';

/** `[method, target, headers, body, the engine's status]` */
const SAME: readonly (readonly [string, string, string, string, number])[] = [
  ['GET', `/images/${BUSYBOX_IMAGE.replaceAll('/', '%2F')}/json`, '', '', 200],
  ['GET', '/v1.41./version', '', '', 200],
  ['GET', '/v1.41%2Fversion', '', '', 200],
  ['GET', '/containers/%ff%5C%00/json', '', '', 404],
  ['GET', '/containers/x#y/json', '', '', 404],
  ['GET', `/_ping?x=${'x'.repeat(100_000)}`, '', '', 200],
  ['GET', 'http://x/version', '', '', 200],
  ['OPTIONS', '/version', '', '', 200],
  ['OPTIONS', '/no/such', '', '', 200],
  ['GET', '/version', H2C, '', 200],
  ['GET', '/version', 'Connection: Upgrade\r\nUpgrade: tcp\r\n', '', 200],
  [
    'POST',
    '/containers/create',
    `${H2C}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n`,
    `${CREATE.length.toString(16)}\r\n${CREATE}\r\n0\r\n\r\n`,
    404,
  ],
  ['POST', '/session', 'Content-Length: 0\r\n', '', 400],
  [
    'POST',
    '/session',
    'X-Docker-Expose-Session-Uuid: UUID\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n',
    '',
    101,
  ],
  ['POST', '/grpc', 'Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n', '', 101],
  ['POST', '/grpc', 'Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n', '', 500],
];

serialLabTest('docker HTTP: the hub answers a request as the engine does', async (t) => {
  const setup = await sharedSetup();
  for (const [method, target, headers, body, status] of SAME) {
    const { engine, ...hubWays } = allWays(setup);
    const about = `${method} ${target.slice(0, 60)} ${headers.slice(0, 60)}`;
    const direct = await ask(engine, method, target, headers, body);
    t.is(direct[0], status, about);
    // One after the other: the engine has one BuildKit session of a name at a time.
    for (const [name, way] of Object.entries(hubWays)) {
      const through = await ask(way, method, target, headers, body);
      if (status === 101) t.is(through[0], 101, `${name}: ${about}`);
      else t.deepEqual(through, direct, `${name}: ${about}`);
    }
  }
});

/** How clients start an exec and send it stdin; `body` is Docker's JSON. */
const STARTS: Readonly<Record<string, (body: string) => string>> = {
  'Upgrade: tcp': (body) =>
    `Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  'Upgrade: foo': (body) =>
    `Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  'Upgrade, chunked': (body) =>
    `Connection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  'Upgrade, chunked, unended': (body) =>
    `Connection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
  'no Upgrade': (body) => `Content-Length: ${body.length}\r\n\r\n${body}`,
};

serialLabTest('docker HTTP: an exec gets its stdin however the client asks for the stream', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  for (const [how, start] of Object.entries(STARTS)) {
    for (const [wayName, way] of Object.entries(allWays(setup))) {
      const text = await execCat(t, way, name, start);
      const about = `${wayName}: ${how}: ${JSON.stringify(text)}`;
      t.regex(text, how === 'no Upgrade' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 101 /, about);
      // Eight bytes say which stream it is, and how long.
      t.true(text.endsWith('\x01\0\0\0\0\0\0\x09in and on'), about);
    }
  }
});

async function execCat(
  t: ExecutionContext,
  way: Way,
  name: string,
  start: (body: string) => string,
): Promise<string> {
  const spec = JSON.stringify({ AttachStdin: true, AttachStdout: true, Cmd: ['cat'] });
  const json = `Content-Type: application/json\r\n`;
  const [, made] = await ask(
    way,
    'POST',
    `/containers/${name}/exec`,
    `${json}Content-Length: ${spec.length}\r\n`,
    spec,
  );
  const { Id: id } = JSON.parse(made);
  const socket = await way.dial();
  t.teardown(() => socket.destroy());
  const request = `POST ${way.base}/exec/${id}/start HTTP/1.1\r\n${way.headers}${json}${start('{"Detach":false}')}`;
  let hasAnswered = false;
  return exchange(socket, request, (text) => {
    if (!hasAnswered && text.includes('\r\n\r\n')) {
      hasAnswered = true;
      // Stdin may follow the engine's head immediately, and ends before the output does.
      socket.end('in and on');
    }
    return false;
  });
}

const NOUNS = ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs', 'containers', 'version'];

/** A character of a path, plain or encoded, in either case. */
const spelt = (text: string) =>
  fc
    .array(fc.constantFrom('plain', 'upper', 'lower'), { minLength: text.length, maxLength: text.length })
    .map((ways) =>
      [...text]
        .map((character, index) => {
          const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
          if (ways[index] === 'plain') return character;
          return `%${ways[index] === 'upper' ? hex.toUpperCase() : hex}`;
        })
        .join(''),
    );

const anyPath = fc
  .tuple(
    fc.constantFrom(
      '',
      '/v1.41',
      '/v1.41.',
      '/v1.41..',
      '/v1.041',
      '/v01.41',
      '/v1.41/v1.41',
      '/V1.41',
      '/v1.41\\',
      '/v',
    ),
    fc.constantFrom(...NOUNS),
    fc.constantFrom('', '/', '/json', '/x', '/unlockkey', '/a/b', ';x', '.', '\0', '#', '/create'),
  )
  .chain((parts) => spelt(`${parts[0]}/${parts[1]}${parts[2]}`.slice(1)).map((text) => `/${text}`));

serialLabTest('docker path: no spelling sends a Swarm call to a worker', async (t) => {
  const { socketPath } = await sharedEngine();
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(anyPath, async (raw) => {
      const way: Way = { dial: () => dialEngine(socketPath), base: '', headers: 'Host: engine\r\n' };
      const [status, body] = await ask(way, 'GET', raw);
      // What this engine, which is in no Swarm, says of each such call once its router has found it.
      const isOfSwarm = status === 503 && /not a swarm manager/.test(body);
      if (isOfSwarm) calls++;
      try {
        const path = parseDockerPath(raw);
        if (isOfSwarm) return isSwarmCall(path);
        // Beyond the router's routes the hub may be stricter, not on those that it has.
        return status !== 200 || !isSwarmCall(path);
      } catch (error) {
        return codeOf(error) === 'bad-docker-path' && !isOfSwarm;
      }
    }),
    { numRuns: 1_500 },
  );
  t.true(calls > 100, `${calls} reached the Swarm’s routes`);
});
