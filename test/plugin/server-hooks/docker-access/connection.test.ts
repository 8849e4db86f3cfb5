import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { dockerConnection } from '../../../../plugin/server-hooks/docker-access/connection.js';

const run = promisify(execFile);

test('docker connection: addresses, names and commands', (t) => {
  t.deepEqual(dockerConnection({ id: 1, name: 'Depot 7 (north)' }, null, 'hub.example:2376'), {
    host: 'tcp://hub.example:2376',
    context: {
      name: 'Depot-7-north',
      host: 'tcp://hub.example:2376',
      description: 'Fairlead: Depot 7 (north)',
    },
    commands: {
      context:
        'docker context create Depot-7-north --docker host=tcp://hub.example:2376,ca=ca.pem,cert=cert.pem,key=key.pem',
      environment: 'export DOCKER_HOST=tcp://hub.example:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$PWD"',
    },
  });
  t.is(dockerConnection({ id: 1, name: 'shop' }, 'worker.1', 'h:1').context.name, 'shop-worker.1');
  t.is(dockerConnection({ id: 7, name: '船' }, null, 'h:1').context.name, 'environment-7');
  t.is(dockerConnection({ id: 7, name: 'default' }, null, 'h:1').context.name, 'environment-7');
});

test('docker connection: every name gives a context name that Docker accepts', (t) => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(name, fc.option(name), (environment, node) => {
      const { context } = dockerConnection({ id: 1, name: environment }, node, 'h:1');
      return /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/.test(context.name) && context.name !== 'default';
    }),
  );
  t.pass();
});

test('docker connection: a shell passes the words of the command unchanged', async (t) => {
  const { commands, host } = dockerConnection({ id: 1, name: "a'; touch x" }, '$(id)', '[::1]:2376');
  const { stdout } = await run('sh', ['-c', `docker() { printf '%s\\n' "$@"; }; ${commands.context}`]);
  t.deepEqual(stdout.trim().split('\n').slice(-2), [
    '--docker',
    `host=${host},ca=ca.pem,cert=cert.pem,key=key.pem`,
  ]);
  const set = await run('sh', ['-c', `${commands.environment}; printf %s "$DOCKER_HOST"`]);
  t.is(set.stdout, host);
});
