import type Docker from 'dockerode';
import { MAX_SNAPSHOT_BYTES, type Snapshot } from '../../../../protocol/messages/snapshot.js';
import type { AgentProblemCode } from '../../../../protocol/problems/agent.js';
import { codeOf } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { Engine } from '../engine.js';
import { answeredList, answeredRecord, count, list } from '../engine-json.js';
import * as parts from './entries.js';
import { fitSnapshot } from './fit.js';
import { toServices, toTask } from './services.js';

/** Bounds of one snapshot. */
export interface SnapshotOptions {
  /** Deadline of each call to the engine, ms. Default 10 000; in total at most four times that, three outside a Swarm. */
  deadlineMs?: number;
  /** Largest result as JSON, in bytes. Default {@link MAX_SNAPSHOT_BYTES}. */
  maxBytes?: number;
}

/** Excludes replaced tasks, which the engine keeps for a while, several for each running task. */
const NO_HISTORY = Object.freeze({ 'desired-state': ['running', 'ready', 'accepted', 'complete'] });

/**
 * Collects a snapshot of the engine. Never throws: a part that fails or is late is missing, and named in
 * `errors`. Two calls at a time, and none that makes the engine scan its disks (`system df`, `size=1`).
 */
export async function takeSnapshot(
  engine: Engine,
  clock: Pick<Clock, 'now' | 'monotonic'>,
  { deadlineMs = 10_000, maxBytes = MAX_SNAPSHOT_BYTES }: SnapshotOptions = {},
): Promise<Snapshot> {
  const errors: Snapshot['errors'] = [];
  const takenAt = new Date(clock.now()).toISOString();
  const startedMs = clock.monotonic();

  async function read<T>(
    part: string,
    run: (client: Docker) => Promise<unknown>,
    parse: (answer: unknown) => T,
  ) {
    try {
      return parse(await engine.call(deadlineMs, run));
    } catch (error) {
      errors.push({ part, code: codeOf(error).slice(0, 64) });
      return null;
    }
  }

  /** A list within the schema's bounds, and its full length. */
  function readList<T>(
    part: string,
    run: (client: Docker) => Promise<unknown>,
    toItem: (item: unknown) => T,
  ) {
    return read(part, run, (answer) => {
      const all = part === 'volumes' ? list(answeredRecord(answer).Volumes) : answeredList(answer);
      if (all.length > parts.MAX_ITEMS)
        errors.push({ part, code: 'list-truncated' satisfies AgentProblemCode });
      return { total: all.length, items: all.slice(0, parts.MAX_ITEMS).map(toItem) };
    });
  }

  const [info, version] = await Promise.all([
    read('engine', (client) => client.info(), answeredRecord),
    read('version', (client) => client.version(), answeredRecord),
  ]);
  const [containers, images] = await Promise.all([
    readList('containers', (client) => client.listContainers({ all: true }), parts.toContainer),
    readList('images', (client) => client.listImages(), parts.toImage),
  ]);
  const [volumes, networks] = await Promise.all([
    readList('volumes', (client) => client.listVolumes(), parts.toVolume),
    readList('networks', (client) => client.listNetworks(), parts.toNetwork),
  ]);
  const swarm = info && parts.toSwarm(info);
  // Workers cannot list services or tasks.
  const isManager = swarm?.role === 'manager';
  const [services, tasks] = isManager
    ? await Promise.all([
        readList(
          'services',
          (client) => client.listServices({ status: true }),
          (item) => item,
        ),
        readList('tasks', (client) => client.listTasks({ filters: NO_HISTORY }), toTask),
      ])
    : [];
  return fitSnapshot(
    {
      takenAt,
      ageMs: Math.round(clock.monotonic() - startedMs),
      engine: info && parts.toEngine(info, version ?? {}),
      counts: {
        ...parts.countContainers(info, containers?.items ?? null),
        images: images?.total ?? (info && count(info.Images)),
        volumes: volumes?.total ?? null,
        networks: networks?.total ?? null,
      },
      containers: containers?.items ?? [],
      images: images?.items ?? [],
      volumes: volumes?.items ?? [],
      networks: networks?.items ?? [],
      swarm,
      ...(isManager && {
        services: toServices(services?.items ?? [], tasks?.items ?? []),
        tasks: tasks?.items ?? [],
      }),
      errors,
    },
    maxBytes,
  );
}
