// Real agents, many in one process, each with an identity and a folder of its own. Ready once all have started.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../../agent-image/src/agent.js';
import { readConfig } from '../../agent-image/src/config/read-config.js';
import { createLogger } from '../../agent-image/src/log.js';
import { systemClock } from '../../protocol/time/clock.js';

const { file, first, count, folder, socketPath } = JSON.parse(process.argv[2] ?? '{}');
/** Starts under way at a time: each enrols. */
const STARTING = 16;

const identities: { edgeId: string; edgeKey: string }[] = JSON.parse(readFileSync(file, 'utf8'));
const agents = identities.slice(first, first + count).map(({ edgeId, edgeKey }) => {
  const config = readConfig({
    EDGE_ID: edgeId,
    EDGE_KEY: edgeKey,
    // The tunnels are measured while nobody uses them.
    EDGE_INACTIVITY_TIMEOUT: '24h',
    DATA_DIR: join(folder, edgeId),
    DOCKER_HOST: `unix://${socketPath}`,
    LOG_LEVEL: 'fatal',
  });
  return new Agent({
    config,
    version: '0.0.0-bench',
    clock: systemClock,
    random: Math.random,
    logger: createLogger(config),
    boot: undefined,
    onStaleMount: () => undefined,
    onDial: () => undefined,
  });
});

let next = 0;
async function startAll(): Promise<void> {
  while (next < agents.length) await agents[next++]?.start();
}

await Promise.all(Array.from({ length: STARTING }, startAll));
process.on('message', () =>
  process.send?.({ open: agents.filter((agent) => agent.metrics.tunnels.environment.isOpen).length }),
);
process.send?.({});
