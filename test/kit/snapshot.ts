import type { Snapshot } from '../../protocol/messages/snapshot.js';

/** Of an engine that did not answer. */
export const EMPTY_SNAPSHOT: Snapshot = Object.freeze({
  takenAt: '2030-01-01T00:00:00.000Z',
  engine: null,
  counts: { containers: 0, running: 0, paused: 0, stopped: 0, images: 0, volumes: 0, networks: 0 },
  containers: [],
  images: [],
  volumes: [],
  networks: [],
  swarm: null,
  errors: [],
});
