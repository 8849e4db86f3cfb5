import { BASE_IMAGE, BUSYBOX_IMAGE, labTest, sharedEngine, startEngine } from '../kit/engine/lab.js';

labTest('lab: /var/run/docker.sock inside an engine is that engine', async (t) => {
  const engine = await sharedEngine();
  const other = await startEngine(t);
  const [id, otherId] = await Promise.all(
    [engine, other].map(async (one) => (await one.docker(['info', '--format', '{{.ID}}'])).stdout.trim()),
  );
  t.not(id, otherId);
  const mount = ['-v', '/var/run/docker.sock:/docker.sock'];
  const ask = `require('http').get({ socketPath: '/docker.sock', path: '/info' }, (res) => res.pipe(process.stdout))`;
  const { stdout } = await engine.docker(['run', '--rm', ...mount, BASE_IMAGE, 'node', '-e', ask]);
  t.is(JSON.parse(stdout).ID, id);
});

labTest('lab: an engine keeps its containers after a stop and after a kill', async (t) => {
  const engine = await startEngine(t);
  await engine.docker(['create', '--name', 'kept', BUSYBOX_IMAGE, 'true']);
  for (const end of [() => engine.stop(), () => engine.kill()]) {
    await end();
    const refused = await engine.docker(['ps'], { allowFailure: true });
    t.not(refused.code, 0);
    await engine.start();
    const { stdout } = await engine.docker(['ps', '-a', '--format', '{{.Names}}']);
    t.is(stdout, 'kept\n');
  }
});
