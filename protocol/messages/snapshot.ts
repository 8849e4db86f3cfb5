import * as z from 'zod/mini';

/** Largest snapshot a hub accepts, bytes of JSON. */
export const MAX_SNAPSHOT_BYTES = 8 * 1024 * 1024;

const text = (max: number) => z.string().check(z.maxLength(max));
const count = z.int().check(z.nonnegative());
const list = <T extends z.core.$ZodType>(item: T) => z.array(item).check(z.maxLength(20_000));
const labels = z.optional(z.record(text(512), text(4096)));

const containerSchema = z.object({
  id: text(128),
  names: z.array(text(512)).check(z.maxLength(64)),
  image: text(1024),
  state: text(32),
  status: text(256),
  createdAt: text(40),
  labels,
});

const imageSchema = z.object({
  id: text(128),
  tags: z.array(text(1024)).check(z.maxLength(256)),
  bytes: z.number().check(z.nonnegative()),
  createdAt: text(40),
});

const volumeSchema = z.object({ name: text(512), driver: text(256), labels });
const networkSchema = z.object({ id: text(128), name: text(512), driver: text(256), scope: text(64) });

const serviceSchema = z.object({
  id: text(64),
  name: text(255),
  image: text(1024),
  /** `replicated`, `global`, `replicated-job` or `global-job`. */
  mode: text(32),
  /** Running and desired tasks. */
  running: count,
  desired: count,
  /** Name from `docker stack deploy`. */
  stack: z.nullable(text(255)),
});

const taskSchema = z.object({
  id: text(64),
  serviceId: text(64),
  /** '' while unassigned. */
  nodeId: text(64),
  /** Replicated services only. */
  slot: z.nullable(count),
  state: text(32),
  desiredState: text(32),
  /** The engine's error message. */
  error: text(512),
  /** '' before it is created. */
  containerId: text(128),
  /** Time of the last state change. */
  changedAt: text(40),
});

/** A part that could not be read, and why. */
const errorSchema = z.object({ part: text(64), code: text(64) });

/**
 * An agent's report on its engine. All of it is untrusted: bounded here, and treated as text wherever
 * it is shown. The parser drops unknown fields.
 */
export const snapshotSchema = z.object({
  /** RFC 3339, UTC, by the agent's clock; the hub replaces it with its own time minus `ageMs`. */
  takenAt: text(40),
  /** Age when sent, ms, counted from the start of the collection. Absent: 0. */
  ageMs: z.optional(z.int().check(z.nonnegative(), z.maximum(600_000))),
  engine: z.nullable(
    z.object({
      id: text(128),
      name: text(255),
      version: text(64),
      apiVersion: text(32),
      os: text(128),
      arch: text(64),
      kernel: text(128),
      cpus: count,
      memoryBytes: count,
      /** `docker` or `podman`. */
      kind: text(32),
    }),
  ),
  /** Null: not reported by the engine. */
  counts: z.object({
    containers: z.nullable(count),
    running: z.nullable(count),
    paused: z.nullable(count),
    stopped: z.nullable(count),
    images: z.nullable(count),
    volumes: z.nullable(count),
    networks: z.nullable(count),
  }),
  containers: list(containerSchema),
  images: list(imageSchema),
  volumes: list(volumeSchema),
  networks: list(networkSchema),
  swarm: z.nullable(
    z.object({ id: text(64), nodeId: text(64), role: text(16), managers: count, nodes: count }),
  ),
  /** From managers only: services, and their current tasks. */
  services: z.optional(list(serviceSchema)),
  tasks: z.optional(list(taskSchema)),
  errors: z.array(errorSchema).check(z.maxLength(32)),
});

/** Schemas of the list items. */
export const snapshotItems = Object.freeze({
  container: containerSchema,
  image: imageSchema,
  volume: volumeSchema,
  network: networkSchema,
  service: serviceSchema,
  task: taskSchema,
  error: errorSchema,
});

/** A validated snapshot: times are RFC 3339 in UTC, sizes bytes. */
export type Snapshot = z.infer<typeof snapshotSchema>;
