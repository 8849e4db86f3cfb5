import { randomBytes, randomUUID } from 'node:crypto';
import { type CheckIn, type CheckInAnswer, CheckIns } from '../../../plugin/server-hooks/agents/check-ins.js';
import type { LiveEnvironment } from '../../../plugin/server-hooks/live/environment.js';
import type { LiveEnvironments } from '../../../plugin/server-hooks/live/environments.js';
import type { Environment, Instance } from '../../../plugin/server-hooks/model/environment.js';
import type { Settings } from '../../../plugin/server-hooks/model/settings.js';
import type { CheckInQuery } from '../../../protocol/messages/agent-calls.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { liveEnvironments } from './live-environments.js';
import { MemoryStore } from './memory-store.js';

/** Check-ins without HTTP and disk around them: for races, turn by turn of the event loop. */
export interface CheckInBench {
  readonly checkIns: CheckIns;
  readonly environments: LiveEnvironments;
  /** Of the one environment. */
  readonly live: LiveEnvironment;
  readonly environment: Environment;
  settings: Settings;
  checkIn(options?: {
    etag?: string | undefined;
    waitSeconds?: number;
    signal?: AbortSignal;
    query?: Partial<CheckInQuery>;
  }): Promise<CheckInAnswer>;
}

const never = new AbortController().signal;

/** The answer to a check-in whose connection closes when `signal` aborts. */
export function answerTo(checkIns: CheckIns, checkIn: CheckIn, signal = never): Promise<CheckInAnswer> {
  return new Promise((send, fail) => {
    const onClose = (listener: () => void) => signal.addEventListener('abort', listener, { once: true });
    checkIns.answer(checkIn, { send, fail, onClose });
  });
}

/** @param expiresAt of the agent's key, RFC 3339; default: never */
export function checkInBench(clock: Clock, expiresAt: string | null = null): CheckInBench {
  const instance: Instance = {
    id: randomUUID(),
    publicKey: randomBytes(32).toString('base64url'),
    secret: randomBytes(32).toString('base64url'),
    keyGeneration: 1,
    engineId: null,
    node: null,
    agentVersion: '0.0.0',
    platform: 'linux/amd64',
    enrolledAt: '2030-01-01T00:00:00.000Z',
  };
  const environment: Environment = {
    id: 1,
    name: 'one',
    edgeId: randomUUID(),
    barredEdgeIds: [],
    tags: [],
    apiUrl: 'https://hub.example/edge',
    tunnelAddress: 'hub.example:8000',
    checkInSeconds: null,
    generation: 1,
    keys: [{ generation: 1, secretHash: randomBytes(32).toString('base64url'), expiresAt }],
    instances: [instance],
    swarm: null,
    swarmAuthority: null,
    createdAt: '2030-01-01T00:00:00.000Z',
    associatedAt: '2030-01-01T00:00:00.000Z',
    origin: null,
  };
  const store = new MemoryStore();
  store.put(environment);
  store.watch(({ kind }) => {
    if (kind === 'environment') throw new Error('a check-in writes nothing');
  });
  const environments = liveEnvironments({ clock, store });
  const checkIns = new CheckIns({ store, live: environments });
  const bench: CheckInBench = {
    checkIns,
    environments,
    live: environments.of(environment.id),
    environment,
    get settings() {
      return store.settings();
    },
    set settings(settings) {
      void store.updateSettings(() => settings);
    },
    checkIn: ({ etag, waitSeconds = 0, signal, query } = {}) =>
      answerTo(
        checkIns,
        {
          environment,
          instance,
          query: { engine: 'up', tunnel: 'none', ...query },
          etag,
          waitSeconds,
        },
        signal,
      ),
  };
  return bench;
}
