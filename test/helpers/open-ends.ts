import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { TunnelView } from '../../plugin/api.js';
import type { DockerLine } from './docker-line.js';

/** What calls through a line leave open while they run. */
export interface OpenEnds {
  /** Calls the hub counts. */
  readonly calls: number;
  /** Sockets of the hub's process. */
  readonly hub: number;
  /** Sockets of the agent's process. */
  readonly agent: number;
  /** Connections the engine has on its socket, anybody's. */
  readonly engine: number;
}

/** Counts what is open now. */
export async function countOpenEnds(line: DockerLine): Promise<OpenEnds> {
  const path = `/edge/api/environments/${line.environmentId}/tunnel`;
  const { body } = await line.hub.call<TunnelView>('GET', path);
  return {
    calls: body.calls,
    hub: await countSockets(line.hub.child.pid),
    agent: await countSockets(line.agent.child.pid),
    engine: await countConnections(line.engine.socketPath),
  };
}

/**
 * Resolves when no more is open than `before`; rejects when that takes longer than `ms`. (Something may come
 * and go on its own: a check-in, a snapshot.)
 */
export async function untilNoMoreThan(line: DockerLine, before: OpenEnds, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    const now = await countOpenEnds(line);
    const isBack = (['calls', 'hub', 'agent', 'engine'] as const).every((end) => now[end] <= before[end]);
    if (isBack) return;
    if (Date.now() > deadline)
      throw new Error(`left open: ${JSON.stringify(now)}; before: ${JSON.stringify(before)}`);
    await delay(50);
  }
}

async function countSockets(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  );
  return links.filter((link) => link.startsWith('socket:')).length;
}

/** Accepted connections of a listening unix socket bear its path; `03` is connected. */
async function countConnections(socketPath: string): Promise<number> {
  const rows = (await readFile('/proc/net/unix', 'utf8')).split('\n').map((row) => row.trim().split(/\s+/));
  return rows.filter((row) => row[5] === '03' && row[7] === socketPath).length;
}
