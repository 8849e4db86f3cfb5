import { readFile, stat } from 'node:fs/promises';
import { problem } from '../../../../protocol/problems/agent.js';
import { codeOf } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { EngineAddress } from '../../config/engine-address.js';
import { Engine } from '../../docker/engine.js';
import { answeredRecord, record, text } from '../../docker/engine-json.js';
import type { Chain } from '../chain.js';

const ENGINE_MS = 5_000;

/** Checks `engine` and `swarm`. */
export async function checkEngine(chain: Chain, address: EngineAddress, clock: Clock): Promise<void> {
  const engine = new Engine(address, clock);
  const where = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
  await chain.run('engine', ENGINE_MS + 1_000, async () => {
    if (address.kind === 'unix') await requireSocket(address.path);
    try {
      const version = answeredRecord(await engine.call(ENGINE_MS, (client) => client.version()));
      const name = text(record(version.Platform).Name, 64) || 'Engine';
      const number = text(version.Version, 64);
      const api = text(version.ApiVersion, 16);
      if (api === '')
        throw problem('engine-bad-answer', {
          detail: `What answers at ${where} is not a Docker Engine: it reports no API version`,
        });
      return { value: true, text: `${where}: ${name} ${number}, API ${api}` };
    } catch (error) {
      throw address.kind === 'unix' ? await explain(error, address.path) : error;
    }
  });
  if (!chain.passed('engine')) {
    chain.skip('swarm', 'Not checked: the engine does not answer');
    return;
  }
  await chain.run('swarm', ENGINE_MS + 1_000, async () => {
    const info = answeredRecord(await engine.call(ENGINE_MS, (client) => client.info()));
    const {
      LocalNodeState: state,
      NodeID: nodeId,
      ControlAvailable: isManager,
      Error: error,
    } = record(info.Swarm);
    const place = text(state, 16) || 'inactive';
    if (place === 'inactive') return { value: true, text: 'The engine is not in a Swarm' };
    const node = `node ${text(nodeId, 64)}`;
    if (place === 'active' && !error)
      return { value: true, text: `${isManager === true ? 'Manager' : 'Worker'}, ${node}` };
    return {
      value: true,
      result: 'warn',
      text: `${node} is ${place}: ${text(error, 300) || 'its place in the Swarm is in transition'}`,
    };
  });
}

/** @throws Problem `engine-unreachable` */
async function requireSocket(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'EACCES') throw cause;
    throw problem('engine-unreachable', {
      detail: `${path} does not exist in the agent's container: mount it (-v ${path}:${path})`,
      cause,
    });
  });
  if (found.isDirectory()) {
    throw problem('engine-unreachable', {
      detail: `${path} is a folder: Docker makes one where the mounted socket does not exist on the machine`,
    });
  }
  if (!found.isSocket()) throw problem('engine-unreachable', { detail: `${path} is not a socket` });
}

/** What a failed call to a socket means, with what can be seen of it. */
async function explain(error: unknown, path: string): Promise<unknown> {
  const cause = error instanceof Error ? codeOf(error.cause) : 'internal';
  if (cause === 'ECONNREFUSED') {
    return problem('engine-unreachable', {
      detail: `${path} is a dead socket: no engine listens. Either it does not run, or it has restarted and the container still has the old one`,
    });
  }
  if (codeOf(error) !== 'engine-permission') return error;
  const { uid, gid, mode } = await stat(path);
  const groups = process.getgroups?.().join(', ');
  const own = `uid ${process.getuid?.()}, gid ${process.getgid?.()}, groups ${groups}`;
  const remapped = (await isRemapped()) ? '. Users of this container are remapped (userns-remap)' : '';
  const detail = `The agent (${own}) may not open ${path} (uid ${uid}, gid ${gid}, mode ${(mode & 0o777).toString(8)})${remapped}`;
  return problem('engine-permission', { detail });
}

/** Whether root of this container is another user on the machine. */
async function isRemapped(): Promise<boolean> {
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '');
  return map !== '' && !/^\s*0\s+0\s/.test(map);
}
