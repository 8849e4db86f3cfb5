import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import Docker from 'dockerode';
import { containerName } from '../../kit/docker/compare.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { until } from '../../kit/until.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

/** Does the same with the engine's own socket and with the Docker port; `name` is another one each time. */
async function sameOnBoth<T>(t: ExecutionContext, script: (docker: Docker, name: string) => Promise<T>) {
  const setup = await sharedSetup();
  const { folder, access } = setup.port;
  const { hostname: host, port } = new URL(access.host);
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(folder, file))),
  );
  const direct = new Docker({ socketPath: setup.engine.socketPath });
  const byPort = new Docker({ host, port, protocol: 'https', ca, cert, key } as Docker.DockerOptions);
  const seen: string[] = [];
  for (const docker of [direct, byPort]) {
    const name = containerName(t, setup);
    t.teardown(() => setup.engine.docker(['rmi', '-f', `${name}:1`], { allowFailure: true }));
    const result = await script(docker, name);
    seen.push(JSON.stringify(result).replaceAll(name, 'NAME'));
  }
  t.deepEqual(JSON.parse(seen[1] ?? ''), JSON.parse(seen[0] ?? ''));
  return JSON.parse(seen[0] ?? '') as T;
}

/** Both streams of a hijacked or followed one, to its end. */
async function demultiplexed(docker: Docker, stream: NodeJS.ReadableStream) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, stdout, stderr);
  stream.once('end', () => {
    stdout.end();
    stderr.end();
  });
  const [out, err] = await Promise.all([text(stdout), text(stderr)]);
  return { out, err };
}

const shell = (script: string) => ['sh', '-c', script];

serialLabTest('dockerode: lists, inspects, changes and refusals are the engine’s own', async (t) => {
  const seen = await sameOnBoth(t, async (docker, name) => {
    const { Version, ApiVersion } = await docker.version();
    const { ID } = await docker.info();
    const container = await docker.createContainer({ name, Image: BUSYBOX_IMAGE, Cmd: ['sleep', '600'] });
    await container.start();
    const [listed] = await docker.listContainers({ filters: { name: [name] } });
    await container.pause();
    const paused = (await container.inspect()).State.Status;
    await container.unpause();
    const top = await container.top({ ps_args: '-o pid,args' });
    const stats = await container.stats({ stream: false });
    await container.rename({ name: `${name}-x` });
    await container.kill();
    await container.remove();
    const refusal = await container.inspect().catch((error) => [error.statusCode, error.json?.message]);
    const volume = await docker.createVolume({ Name: name });
    const volumes = (await docker.listVolumes({ filters: { name: [name] } })).Volumes.length;
    await volume.remove();
    const network = await docker.createNetwork({ Name: name, Internal: true });
    const { Internal } = await network.inspect();
    await network.remove();
    return {
      ...{
        Version,
        ApiVersion,
        ID,
        state: listed?.State,
        paused,
        top: top.Processes.map((fields: string[]) => fields.at(-1)),
        pids: stats.pids_stats?.current,
      },
      ...{ refusal: String(refusal).replace(/[0-9a-f]{64}/, 'ID'), volumes, Internal },
    };
  });
  t.like(seen, { state: 'running', paused: 'paused', volumes: 1, Internal: true });
  t.regex(seen.refusal, /^404,No such container/);
});

serialLabTest('dockerode: run, attach, exec and a followed log carry each stream both ways', async (t) => {
  const seen = await sameOnBoth(t, async (docker, name) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const [ended] = await docker.run(
      BUSYBOX_IMAGE,
      shell('echo out; echo err >&2; exit 3'),
      [stdout, stderr],
      {
        Tty: false,
        HostConfig: { AutoRemove: true },
      },
    );
    const ran = { code: ended.StatusCode, out: String(stdout.read()), err: String(stderr.read()) };

    const container = await docker.createContainer({
      ...{ name, Image: BUSYBOX_IMAGE, Cmd: shell('read a; echo got $a; cat; echo late >&2; sleep 600') },
      ...{ OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true },
    });
    const attached = await container.attach({
      stream: true,
      hijack: true,
      stdin: true,
      stdout: true,
      stderr: true,
    });
    await container.start();
    const log = (await container.logs({ follow: true, stdout: true, stderr: true })) as unknown as Readable;
    const followed = demultiplexed(docker, log);
    const output = demultiplexed(docker, attached);
    attached.write('a line\n');
    attached.end('and the rest\n');

    const exec = await container.exec({
      Cmd: shell('cat; echo err >&2; exit 5'),
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
    });
    const duplex = await exec.start({ hijack: true, stdin: true });
    const execOutput = demultiplexed(docker, duplex);
    duplex.end('in and on\n'.repeat(100_000));
    const { out, err } = await execOutput;
    const { ExitCode } = await exec.inspect();

    const terminal = await container.exec({
      Cmd: shell('until [ "$(stty size 2>/dev/null)" = "41 123" ]; do sleep 0.05; done; echo resized'),
      ...{ AttachStdin: true, AttachStdout: true, Tty: true },
    });
    const screen = await terminal.start({ hijack: true, stdin: true, Tty: true });
    await terminal.resize({ h: 41, w: 123 });
    const shown = await text(screen);

    await container.kill();
    const { StatusCode } = await container.wait();
    return {
      ran,
      exec: { bytes: out.length, err, ExitCode },
      shown,
      StatusCode,
      logs: await followed,
      output: await output,
    };
  });
  t.like(seen, {
    ran: { code: 3, out: 'out\n', err: 'err\n' },
    exec: { bytes: 1_000_000, err: 'err\n', ExitCode: 5 },
    logs: { out: 'got a line\nand the rest\n', err: 'late\n' },
    output: { out: 'got a line\nand the rest\n', err: 'late\n' },
    ...{ shown: 'resized\r\n', StatusCode: 137 },
  });
});

serialLabTest('dockerode: build, save, load, archives, stats and events pass', async (t) => {
  const context = await tempFolder(t);
  await writeFile(join(context, 'Dockerfile'), `FROM ${BUSYBOX_IMAGE}\nCOPY file /file\nRUN wc -c /file\n`);
  await writeFile(join(context, 'file'), 'built\n'.repeat(50_000));
  const seen = await sameOnBoth(t, async (docker, name) => {
    const followed = async (stream: NodeJS.ReadableStream) =>
      new Promise<{ stream?: string }[]>((resolve, reject) => {
        docker.modem.followProgress(stream, (error, lines) => (error ? reject(error) : resolve(lines)));
      });
    const since = Date.now() / 1000 - 1;
    const events = (await docker.getEvents({
      since,
      filters: { type: ['container'], container: [name] },
    })) as Readable;
    let seenEvents = '';
    events.on('data', (chunk) => {
      seenEvents += chunk;
    });
    const build = await docker.buildImage(
      { context, src: ['Dockerfile', 'file'] },
      { t: `${name}:1`, nocache: true },
    );
    const built = (await followed(build)).map(({ stream = '' }) => stream).join('');
    const saved = await buffer(await docker.getImage(`${name}:1`).get());
    await docker.getImage(`${name}:1`).remove();
    const loaded = (await followed(await docker.loadImage(PassThrough.from([saved])))).at(-1)?.stream;

    const container = await docker.createContainer({ name, Image: `${name}:1`, Cmd: ['sleep', '600'] });
    await container.putArchive(await container.getArchive({ path: '/file' }), { path: '/tmp' });
    const archive = await buffer(await container.getArchive({ path: '/tmp/file' }));
    await container.start();
    const stats = (await container.stats({ stream: true })) as Readable;
    const samples: number[] = [];
    for await (const sample of stats) {
      if (samples.push(JSON.parse(String(sample)).pids_stats.current) === 2) break;
    }
    await container.remove({ force: true });
    await until(
      () => seenEvents,
      (text) => text.includes('"Action":"destroy"'),
      { ms: 30_000 },
    );
    events.destroy();
    const actions = [...seenEvents.matchAll(/"Action":"(\w+)/g)].map(([, action]) => action);
    return {
      size: /(\d+) \/file/.exec(built)?.[1],
      loaded,
      archive: archive.length,
      samples: samples.length,
      actions,
    };
  });
  t.like(seen, { size: '300000', loaded: 'Loaded image: NAME:1\n', samples: 2 });
  t.true(seen.archive > 300_000);
  t.deepEqual([seen.actions[0], seen.actions.at(-1)], ['create', 'destroy']);
});
