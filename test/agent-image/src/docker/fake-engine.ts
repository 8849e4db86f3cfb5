import type http from 'node:http';
import type { ExecutionContext } from 'ava';
import type { EngineAddress } from '../../../../agent-image/src/config/engine-address.js';
import { startHttpEngine } from '../../../kit/engine/double.js';

/** What a path is answered with: JSON, or a listener of the test's own. */
export type Answer = object | http.RequestListener;

export interface FakeEngine {
  readonly address: EngineAddress;
  /** `METHOD URL` of each request, in order. */
  readonly requests: string[];
  /** Highest number of concurrent requests. */
  readonly peak: () => number;
}

const INFO = {
  ID: 'ABCD:EFGH',
  Name: 'edge-1',
  ServerVersion: '28.0.1',
  OperatingSystem: 'Debian GNU/Linux 12',
  Architecture: 'x86_64',
  KernelVersion: '6.1.0',
  NCPU: 4,
  MemTotal: 8_000_000_000,
  Containers: 3,
  ContainersRunning: 1,
  ContainersPaused: 1,
  ContainersStopped: 1,
  Images: 2,
  Swarm: { NodeID: '', LocalNodeState: 'inactive' },
};

/** A healthy standalone engine with a little of everything. */
export const ANSWERS: Record<string, Answer> = {
  '/_ping': (_request, response) => void response.end('OK'),
  '/info': INFO,
  '/version': { ApiVersion: '1.48', Version: '28.0.1' },
  '/containers/json': [
    {
      Id: 'c1',
      Names: ['/web'],
      Image: 'nginx:1',
      State: 'running',
      Status: 'Up 3 hours',
      Created: 1_700_000_000,
      Labels: { tier: 'front' },
    },
    {
      Id: 'c2',
      Names: ['/db'],
      Image: 'pg',
      State: 'paused',
      Status: '',
      Created: 1_700_000_000,
      Labels: null,
    },
    { Id: 'c3', Names: null, Image: 'x', State: 'exited', Status: '', Created: 1_700_000_000 },
  ],
  '/images/json': [{ Id: 'sha256:1', RepoTags: ['nginx:1'], Size: 1000, Created: 1_700_000_000 }],
  '/volumes': { Volumes: [{ Name: 'data', Driver: 'local', Labels: null }], Warnings: null },
  '/networks': [{ Id: 'n1', Name: 'bridge', Driver: 'bridge', Scope: 'local' }],
};

/** `/info` of the same engine with other members. */
export function infoWith(more: object): object {
  return { ...INFO, ...more };
}

/** An engine that answers like a real one; `answers` go before {@link ANSWERS}. */
export async function startFakeEngine(
  t: ExecutionContext,
  answers: Record<string, Answer> = {},
): Promise<FakeEngine> {
  const requests: string[] = [];
  let underWay = 0;
  let peak = 0;
  const { socketPath } = await startHttpEngine(t, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    underWay += 1;
    peak = Math.max(peak, underWay);
    response.once('close', () => {
      underWay -= 1;
    });
    const answer = { ...ANSWERS, ...answers }[request.url?.split('?')[0] ?? ''];
    if (answer === undefined) response.writeHead(404).end('{"message":"page not found"}');
    else if (typeof answer === 'function') answer(request, response);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  return { address: { kind: 'unix', path: socketPath }, requests, peak: () => peak };
}
