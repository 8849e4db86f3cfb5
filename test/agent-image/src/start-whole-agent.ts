import type { ExecutionContext } from 'ava';
import pino from 'pino';
import { Agent } from '../../../agent-image/src/agent.js';
import { readConfig } from '../../../agent-image/src/config/read-config.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { startPlugin } from '../../kit/hub/plugin.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { type Answer, startFakeEngine } from './docker/fake-engine.js';

/** A whole agent at a hub without periodic snapshots, both on one clock, with an engine that gives `answers`. */
export async function startWholeAgent(
  t: ExecutionContext,
  answers: Record<string, Answer> = {},
  clock: FakeClock = new FakeClock(),
) {
  const engine = await startFakeEngine(t, answers);
  const hub = await startPlugin(t, { clock });
  await hub.call('PATCH', '/api/settings', { snapshotSeconds: 0 });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const { address } = engine;
  const agent = new Agent({
    config: readConfig({
      EDGE_ID: edgeId ?? '',
      EDGE_KEY: edgeKey,
      DATA_DIR: await tempFolder(t),
      DOCKER_HOST: address.kind === 'unix' ? address.path : `tcp://${address.host}:${address.port}`,
    }),
    version: '0.0.0-test',
    clock,
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
    boot: undefined,
    onStaleMount: () => undefined,
    onDial: () => undefined,
  });
  t.teardown(() => agent.stop());
  await agent.start();
  return { agent, engine, clock, hub, id };
}
