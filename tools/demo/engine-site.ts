import { hostname } from 'node:os';
import { join } from 'node:path';
import { AGENT_BUNDLE } from '../build/agent.js';
import { DemoProcess } from './demo-process.js';
import { findEngine } from './find-engine.js';
import type { DemoSite } from './site.js';

/** One engine, this machine's own if there is one, with an agent as a local process. */
export async function engineSite(dir: string, say: (line: string) => void): Promise<DemoSite> {
  const engine = await findEngine(dir, say);
  return {
    name: hostname(),
    facts: [['Engine', engine.description]],
    suggestion: 'ps',
    close: () => engine.close(),
    join: async (created, caFile, folder) => {
      const logFile = join(folder, 'agent.log');
      const agent = await DemoProcess.start('agent', [AGENT_BUNDLE], {
        logFile,
        logsToStdout: true,
        env: {
          ...process.env,
          EDGE_ID: created.edgeId ?? '',
          EDGE_KEY: created.edgeKey,
          EDGE_CA_FILE: caFile,
          DATA_DIR: join(folder, 'agent'),
          DOCKER_HOST: engine.address,
        },
      });
      return { failed: agent.failed, logs: logFile, stop: () => agent.stop() };
    },
  };
}
