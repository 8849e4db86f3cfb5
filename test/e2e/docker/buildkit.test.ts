import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { compare, containerName } from '../../kit/docker/compare.js';
import { untilNothingIsOpen } from '../../kit/docker/open-connections.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { cleanEnv, type DockerSetup, type DockerSide, dockerClients } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { tempFolder } from '../../kit/temp-folder.js';

const BUILDKIT = { DOCKER_BUILDKIT: '1' };

serialLabTest(
  'docker build with BuildKit: context, secret, cache and a failing step, by a token for one environment and by the Docker port',
  async (t) => {
    const setup = await startPortSetup(t);
    const clients = dockerClients().filter(hasBuildKit);
    t.true(clients.length > 0, 'this machine has no docker client with BuildKit (20.10, or buildx)');
    for (const { program, version } of clients) {
      t.log(version);
      const ways = isBuildx(version) ? byPortOnly(setup, program) : await byBothWays(t, setup, program);
      await builds(t, ways);
    }
    await t.notThrowsAsync(untilNothingIsOpen(setup));
  },
);

async function builds(t: ExecutionContext, setup: DockerSetup): Promise<void> {
  const context = await tempFolder(t);
  await mkdir(join(context, 'folder'));
  await writeFile(join(context, 'folder', 'large'), randomBytes(3_000_000));
  await writeFile(join(context, 'left-out'), 'not sent');
  await writeFile(join(context, '.dockerignore'), 'left-out\n');
  await writeFile(join(context, 'secret'), 'only for the build');
  const name = containerName(t, setup);
  t.teardown(async () => {
    await setup.engine.docker(['image', 'rm', '-f', `${name}:1`], { allowFailure: true });
  });
  const build = async (dockerfile: string, args: string[] = []) => {
    await writeFile(join(context, 'Dockerfile'), dockerfile);
    return await compare(t, setup, ['build', '--no-cache', '-q', ...args, context], {
      env: BUILDKIT,
      // Of two builds that only differ in their ID and in how their progress is reported.
      normalise: (text) => text.replace(/sha256:\w+/g, 'ID').replace(/^#.*\n|^\n/gm, ''),
    });
  };
  const from = `FROM ${BUSYBOX_IMAGE}\n`;
  const secret = 'RUN --mount=type=secret,id=word grep "only for" /run/secrets/word > /seen\n';
  const good = await build(`${from}COPY . /in\nRUN test ! -e /in/left-out\n${secret}`, [
    '--tag',
    `${name}:1`,
    '--secret',
    `id=word,src=${join(context, 'secret')}`,
  ]);
  t.is(good.code, 0, good.stderr);
  const { stdout } = await compare(t, setup, ['run', '--rm', `${name}:1`, 'cat', '/seen']);
  t.is(stdout, 'only for the build\n');

  const failing = await build(`${from}RUN echo before && exit 42\n`);
  t.is(failing.code, 1);
  t.regex(failing.stderr, /exit code: 42/);
}

/** Buildx sends no header, so that it needs the Docker port. */
function byPortOnly(setup: PortSetup, program: string): DockerSetup {
  const { byPort, ...others } = setup;
  const through = { ...byPort, program };
  return { ...others, local: { ...setup.local, program }, through };
}

/** The base path is with a token for this environment only. */
async function byBothWays(t: ExecutionContext, setup: PortSetup, program: string): Promise<DockerSetup> {
  const { environmentId, hub } = setup;
  const { status, body } = await hub.call<{ token: string }>('POST', '/api/tokens', {
    name: 'builds',
    environmentId,
  });
  t.is(status, 201);
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'ca.pem'), (await hub.call<string>('GET', '/edge/api/ca.pem')).body);
  const config = { HttpHeaders: { Authorization: `Bearer ${body.token}` } };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const url = setup.through.args.at(-1) ?? '';
  const args = ['--config', folder, '--tlsverify', '--tlscacert', join(folder, 'ca.pem'), '-H', url];
  const through: DockerSide = { ...setup.through, program, args };
  return {
    ...setup,
    local: { ...setup.local, program },
    through,
    byPort: { ...setup.byPort, program },
  };
}

/** From version 23 on BuildKit is in this plugin. */
function isBuildx(version: string): boolean {
  return Number(/ version (\d+)/.exec(version)?.[1]) >= 23;
}

function hasBuildKit({ program, version }: { program: string; version: string }): boolean {
  if (!isBuildx(version)) return true;
  try {
    // Only where packages install it: each side has its own configuration, so not that of this user.
    const env = { ...cleanEnv(), DOCKER_CONFIG: '/nonexistent' };
    execFileSync(program, ['buildx', 'version'], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
