import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Instance } from '../../../../plugin/server-hooks/model/environment.js';
import { encodeSnapshot } from '../../../../plugin/server-hooks/snapshots/encode.js';
import { SnapshotFiles } from '../../../../plugin/server-hooks/snapshots/files.js';
import type { Snapshot } from '../../../../protocol/messages/snapshot.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { tempFolder } from '../../../kit/temp-folder.js';

/** One with distinct counts and time. */
export function snapshot(running: number): Snapshot {
  return {
    takenAt: new Date(running * 1000).toISOString(),
    engine: {
      ...{ id: 'e', name: 'ü\n', version: '28.0', apiVersion: '1.48', os: 'Debian', arch: 'x86_64' },
      ...{ kernel: '6.1', cpus: 2, memoryBytes: 2 ** 33, kind: 'docker' },
    },
    counts: { containers: 9, running, paused: 0, stopped: 1, images: 2, volumes: 3, networks: 4 },
    containers: [
      {
        ...{ id: 'c', names: ['/web'], image: 'nginx', state: 'running', status: 'Up' },
        ...{ createdAt: '2030-01-01T00:00:00Z', labels: { password: 'hush\n' } },
      },
    ],
    ...{ images: [], volumes: [], networks: [] },
    swarm: { id: 's', nodeId: 'n', role: 'manager', managers: 1, nodes: 3 },
    errors: [{ part: 'volumes', code: 'engine-unreachable' }],
  };
}

export function summary({ takenAt, counts, engine, swarm }: Snapshot) {
  return { takenAt, counts, engine, swarm };
}

export const A = { id: '6e0b3c2e-1111-4222-8333-44445555666a', node: null };
export const B = { id: '6e0b3c2e-1111-4222-8333-44445555666b', node: null };
export const nameOf = (environmentId: number, { id } = A) => `${environmentId}.${id}.json`;

/** Stores a snapshot as the latest one of an instance. */
export function write(
  files: SnapshotFiles,
  environmentId: number,
  instance: Pick<Instance, 'id' | 'node'>,
  taken: Snapshot,
): Promise<void> {
  return files.write(environmentId, instance, encodeSnapshot(taken, instance.node?.nodeId ?? null));
}

/** What the file of an instance holds; the items as they are in it. */
export async function read(files: SnapshotFiles, environmentId: number, { id } = A) {
  const file = await files.open(environmentId, id);
  if (!file) return null;
  try {
    let text = '';
    for await (const piece of file.read('containers')) text += piece;
    return { summary: file.summary, containers: JSON.parse(`[${text}]`) };
  } finally {
    await file.close();
  }
}

export function content(taken: Snapshot) {
  return { summary: summary(taken), containers: taken.containers };
}

/** A folder of snapshots, open; `open` starts again on what is there. */
export async function setup(t: ExecutionContext) {
  const dir = join(await tempFolder(t), 'snapshots');
  const instances = [A, B];
  const open = async () => {
    const logger = new LogRecorder();
    const files = new SnapshotFiles({ dir, logger, instancesOf: () => instances });
    t.teardown(() => files.stop());
    await files.start();
    return { files, logger };
  };
  return { dir, instances, open, ...(await open()) };
}
