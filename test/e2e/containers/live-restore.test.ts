import { CONTAINER, startContainerSetup } from '../../kit/agent/container.js';
import { labTest, startEngine } from '../../kit/engine/lab.js';

labTest('agent container: an engine restarted with live-restore reconnects by itself', async (t) => {
  t.timeout(240_000);
  const engine = await startEngine(t, { images: true, args: ['--live-restore'] });
  const { hub, created, container } = await startContainerSetup(t, engine, { name: 'live-restore' });
  await container.paste(created.commands.standalone);
  const isUp = (view: { status: string; problem: unknown }) =>
    view.status === 'online' && view.problem === null;
  const before = (await hub.until(created.id, isUp)).agent?.instanceId;
  const { Pid } = (await container.inspect()).State;

  await engine.stop();
  const alive = await engine.runInside('kill', ['-0', `${Pid}`], { allowFailure: true });
  t.is(alive.code, 0, 'the agent keeps running while the engine is down');
  await engine.start();
  await container.untilEvent(/^die$/, 120_000);
  const { stdout } = await engine.docker(['logs', CONTAINER]);
  t.regex(stdout, /mount-replaced/);
  const after = await hub.until(created.id, isUp, 120_000);
  t.is(after.agent?.instanceId, before);
  t.is((await container.inspect()).RestartCount, 1);
  const { status } = await hub.call('GET', `/edge/api/environments/${created.id}/docker/version`);
  t.is(status, 200);
});
