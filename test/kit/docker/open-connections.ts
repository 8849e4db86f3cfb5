import { readdir, readFile, readlink } from 'node:fs/promises';
import type { TunnelView } from '../../../plugin/api.js';
import { until } from '../until.js';
import type { DockerSetup } from './setup.js';

/** What calls through a tunnel hold open while they run. */
interface OpenConnections {
  /** Calls the hub counts. */
  readonly calls: number;
  /** The hub's connections except the agent's. */
  readonly clients: number;
  /** The agent's connections with its engine. */
  readonly engine: number;
}

const DEADLINE_MS = 15_000;

/** Resolves when no call is open any more, at neither end of the tunnel; rejects after 15 s. */
export async function untilNothingIsOpen(setup: DockerSetup): Promise<void> {
  const isZero = ({ calls, clients, engine }: OpenConnections) => calls + clients + engine === 0;
  await until(() => countOpen(setup), isZero, { ms: DEADLINE_MS });
}

/** Resolves when the agent has no connection with its engine any more; rejects after 15 s. */
export async function untilEngineIsLeft(agentPid: number): Promise<void> {
  const heldByAgent = async () => {
    const [agent, unix] = await Promise.all([socketsOf(agentPid), connections('unix')]);
    return unix.filter((row) => agent.has(row.inode));
  };
  await until(heldByAgent, (held) => held.length === 0, { ms: DEADLINE_MS });
}

/** The agent's connections to the tunnel port, besides the tunnel itself. */
export async function bulkConnections({ hub, agent }: DockerSetup): Promise<number> {
  const [own, tcp] = await Promise.all([socketsOf(agent.child.pid), connections('tcp')]);
  const port = hub.tunnelPort.toString(16).toUpperCase().padStart(4, '0');
  return tcp.filter((row) => own.has(row.inode) && row.remote.endsWith(`:${port}`)).length - 1;
}

/** Remembers the engine's connections; the function returned resolves when there is a new one. */
export async function watchEngine(setup: DockerSetup): Promise<() => Promise<void>> {
  const before = new Set(await acceptedBy(setup.engine.socketPath));
  const isCalled = (inodes: string[]) => inodes.some((inode) => !before.has(inode));
  return async () => {
    await until(() => acceptedBy(setup.engine.socketPath), isCalled, { ms: DEADLINE_MS });
  };
}

async function countOpen(setup: DockerSetup): Promise<OpenConnections> {
  const path = `/edge/api/environments/${setup.environmentId}/tunnel`;
  const { body } = await setup.hub.call<TunnelView>('GET', path);
  const [hub, agent, tcp, unix] = await Promise.all([
    socketsOf(setup.hub.child.pid),
    socketsOf(setup.agent.child.pid),
    connections('tcp'),
    connections('unix'),
  ]);
  const agentsPorts = new Set(tcp.filter((row) => agent.has(row.inode)).map((row) => row.local));
  const clients = tcp.filter((row) => hub.has(row.inode) && !agentsPorts.has(row.remote));
  return {
    calls: body.calls,
    clients: clients.length,
    engine: unix.filter((row) => agent.has(row.inode)).length,
  };
}

/** Inodes of a process's sockets, without the pipes of its standard streams. */
async function socketsOf(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const numbers = (await readdir(folder)).filter((fd) => Number(fd) > 2);
  const links = await Promise.all(numbers.map((fd) => readlink(`${folder}/${fd}`).catch(() => '')));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** The accepted ends of connections with a listening unix socket bear its path. */
async function acceptedBy(socketPath: string): Promise<string[]> {
  const rows = await connections('unix');
  return rows.filter(({ local }) => local === socketPath).map(({ inode }) => inode);
}

interface Connection {
  readonly inode: string;
  /** `address:port` in hexadecimal, or the path of a unix socket. */
  readonly local: string;
  readonly remote: string;
}

/** Connected sockets as the kernel lists them; listening ones are left out. */
async function connections(family: 'tcp' | 'unix'): Promise<Connection[]> {
  const rows = (await readFile(`/proc/net/${family}`, 'utf8')).trim().split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  if (family === 'tcp') {
    const isListening = (row: string[]) => row[3] === '0A';
    return fields
      .filter((row) => !isListening(row))
      .map((row) => ({ inode: row[9] ?? '', local: row[1] ?? '', remote: row[2] ?? '' }));
  }
  return fields
    .filter((row) => row[5] === '03')
    .map((row) => ({ inode: row[6] ?? '', local: row[7] ?? '', remote: '' }));
}
